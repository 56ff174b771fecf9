import type { Engine } from './engine.js';

/** Tells those who hold leases for long that others wait for them. */
export class Pressure<T> {
  #listeners: readonly ((waiting: number) => void)[] = [];

  constructor(private readonly engine: Engine<T>) {}

  /** Adds a listener; returns the function that removes it. */
  listen(listener: (waiting: number) => void): () => void {
    // Wrapped, so that a listener that was added twice is removed once.
    const added = (waiting: number): void => listener(waiting);
    this.#listeners = [...this.#listeners, added];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== added);
    };
  }

  /** Somebody waits. Tells it if the pool is full and what is under way is not enough for all. */
  tell(): void {
    if (this.#listeners.length === 0) return;
    const { slots, settings, maker, examiner, waiting } = this.engine;
    const coming = (maker.creating + examiner.checking) * settings.leasesPerResource;
    if (slots.size < settings.max || waiting.length <= coming) return;
    for (const listener of this.#listeners) {
      try {
        listener(waiting.length);
      } catch {
        // A listener's defect is not the pool's.
      }
    }
  }
}

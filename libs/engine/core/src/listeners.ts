/** Listeners by the name of what they listen for. What a listener throws disturbs nobody. */
export class Listeners<Events> {
  readonly #listeners = new Map<keyof Events, readonly ((event: never) => void)[]>();

  /** Adds a listener; returns the function that removes it. */
  on<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): () => void {
    // Wrapped, so that a listener that was added twice is removed once.
    const added = (event: Events[Name]): void => listener(event);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), added]);
    return () => {
      const others = (this.#listeners.get(name) ?? []).filter((other) => other !== added);
      if (others.length > 0) this.#listeners.set(name, others);
      else this.#listeners.delete(name);
    };
  }

  /** Whether anybody listens. */
  has(name: keyof Events): boolean {
    return this.#listeners.has(name);
  }

  /** Tells everybody who listens. */
  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(event as never);
      } catch {
        // A listener's defect is not ours.
      }
    }
  }
}

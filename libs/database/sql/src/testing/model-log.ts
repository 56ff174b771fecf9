import type { ModelServer } from './model-server.js';

/** Something that was committed. */
export interface ModelEntry {
  /** What was written to. */
  readonly key: string;
  /** What was written. */
  readonly value: unknown;
  /** When that was. */
  readonly at: number;
}

interface Version {
  readonly position: number;
  readonly value: unknown;
}

/** What was committed, in order: replicas show the beginning of it. */
export class ModelLog {
  readonly #entries: ModelEntry[] = [];
  readonly #versions = new Map<string, Version[]>();

  constructor(private readonly now: () => number) {}

  /** Everything, the oldest first. */
  get entries(): readonly ModelEntry[] {
    return this.#entries;
  }

  /** Adds what a transaction has written. */
  append(key: string, value: unknown): void {
    this.take({ key, value, at: this.now() });
  }

  /** Appends what was committed elsewhere. */
  take(entry: ModelEntry): void {
    const { key, value } = entry;
    const position = this.#entries.push(entry);
    const versions = this.#versions.get(key) ?? [];
    versions.push({ position, value });
    this.#versions.set(key, versions);
  }

  /** Forgets everything behind the first `length` entries. */
  rewind(length: number): void {
    for (const { key } of this.#entries.splice(length)) this.#versions.get(key)!.pop();
  }

  /** How many entries a server has. */
  positionOf(server: ModelServer): number {
    const all = this.#entries.length;
    if (server.role === 'primary') return (server.replayed = all);
    if (server.replayPaused) return server.replayed;
    const until = this.now() - server.replayDelayMs;
    while (server.replayed < all && this.#entries[server.replayed]!.at <= until) server.replayed++;
    return server.replayed;
  }

  /** The value that a server shows. */
  valueOf(server: ModelServer, key: string): unknown {
    const position = this.positionOf(server);
    // What was put there past the log has no version.
    if (position === this.#entries.length) return server.data.get(key);
    return this.#versions.get(key)?.findLast((version) => version.position <= position)?.value;
  }

  /** The values that a key has had, the oldest first. */
  valuesOf(key: string): readonly unknown[] {
    return (this.#versions.get(key) ?? []).map(({ value }) => value);
  }
}

import type { ModelServer } from './model-server.js';

interface Version {
  readonly position: number;
  readonly value: unknown;
}

/** What was committed, in order: replicas show the beginning of it. */
export class ModelLog {
  /** When each entry was written. */
  readonly #times: number[] = [];
  readonly #versions = new Map<string, Version[]>();

  constructor(private readonly now: () => number) {}

  append(key: string, value: unknown): void {
    const position = this.#times.push(this.now());
    const versions = this.#versions.get(key) ?? [];
    versions.push({ position, value });
    this.#versions.set(key, versions);
  }

  /** How many entries a server has. */
  positionOf(server: ModelServer): number {
    const all = this.#times.length;
    if (server.role === 'primary') return (server.replayed = all);
    if (server.replayPaused) return server.replayed;
    const until = this.now() - server.replayDelayMs;
    while (server.replayed < all && this.#times[server.replayed]! <= until) server.replayed++;
    return server.replayed;
  }

  /** The value that a server shows. */
  valueOf(server: ModelServer, key: string): unknown {
    const position = this.positionOf(server);
    // What was put there past the log has no version.
    if (position === this.#times.length) return server.data.get(key);
    return this.#versions.get(key)?.findLast((version) => version.position <= position)?.value;
  }
}

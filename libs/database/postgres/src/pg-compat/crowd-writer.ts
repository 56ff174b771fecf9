import type { Env } from '@nest-pooling/core';
import type { LeanQueries } from './lean-queries.js';

/**
 * Decides when what a client has to send leaves. Usually at once. While others wait for a client, many answers lie in the sockets at a
 * time: they are all read before anything is sent, as each write wakes a server process that may take the processor from us. On a
 * machine that it shares with its server, a program reads about a tenth more so.
 */
export class CrowdWriter {
  #held: LeanQueries[] = [];

  constructor(
    private readonly env: Env,
    private readonly crowded: () => boolean,
  ) {}

  written(queries: LeanQueries): void {
    if (!this.crowded()) return queries.send();
    if (this.#held.push(queries) === 1) this.env.scheduler.afterIo(this.#flush);
  }

  readonly #flush = (): void => {
    const held = this.#held;
    this.#held = [];
    for (const queries of held) queries.send();
  };
}

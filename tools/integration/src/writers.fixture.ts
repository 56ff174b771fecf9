import { PoolingError } from '@nest-pooling/core';
import type { SqlPool } from '@nest-pooling/sql';

/** Loops that insert numbers into `written`, each once, and note what they were told of it. */
export class Writers {
  readonly acknowledged = new Set<number>();
  /** It may have happened. */
  readonly unknown = new Set<number>();
  /** It has not happened. */
  readonly refused = new Set<number>();
  readonly unexpected: unknown[] = [];
  #going = true;
  #next: number;
  readonly #loops: Promise<void>[];

  constructor(
    private readonly pool: SqlPool,
    workers = 8,
    first = 1,
  ) {
    this.#next = first;
    this.#loops = Array.from({ length: workers }, () => this.#loop());
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#loops);
  }

  async #loop(): Promise<void> {
    while (this.#going) {
      const id = this.#next++;
      try {
        await this.pool.query('INSERT INTO written VALUES ($1)', [id], { timeoutMs: 20_000 });
        this.acknowledged.add(id);
      } catch (error) {
        this.#note(id, error);
      }
    }
  }

  #note(id: number, error: unknown): void {
    const { fault } = error as { fault?: { outcome: string } };
    if (fault?.outcome === 'unknown') this.unknown.add(id);
    else if (error instanceof PoolingError && error.category === 'unavailable') this.refused.add(id);
    else this.unexpected.push(error);
  }
}

import type { SqlPool } from '@nest-pooling/sql';

/** What the caller of a write was told. */
type Told = 'done' | 'not done' | 'unknown';

/**
 * What every caller was told of every write, and what the server has in the end. A write inserts one row with a number that no other
 * write has; a transaction inserts two.
 */
export class Ledger {
  readonly #writes = new Map<number, { told: Told; rows: number }>();
  #next = 0;

  /** The number of the next write. */
  next(): number {
    return ++this.#next;
  }

  tell(id: number, told: Told, rows: number): void {
    this.#writes.set(id, { told, rows });
  }

  /** How many were told so. */
  count(told: Told): number {
    return [...this.#writes.values()].filter((write) => write.told === told).length;
  }

  /** Compares what was told with what is there. */
  async audit(pool: SqlPool): Promise<{ lost: number; phantom: number; torn: number; doubled: number }> {
    const { rows } = await pool.query<{ id: number; n: number | string }>(
      'SELECT id, count(*) AS n FROM ledger GROUP BY id',
    );
    // Counts are 64 bits wide, which some drivers give as texts.
    const there = new Map(rows.map(({ id, n }) => [id, Number(n)]));
    const result = { lost: 0, phantom: 0, torn: 0, doubled: 0 };
    for (const [id, { told, rows: expected }] of this.#writes) {
      const n = there.get(id) ?? 0;
      if (told === 'done' && n === 0) result.lost++;
      if (told === 'not done' && n > 0) result.phantom++;
      if (n > expected) result.doubled++;
      else if (n !== 0 && n !== expected) result.torn++;
    }
    return result;
  }
}

import { Injectable } from '@nestjs/common';
import { Bulkhead, Consistency, Deadline, InjectRouter, UsePrimary, UseReplica } from '@nest-pooling/nestjs';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import type { Served } from '../http/served-by.js';

/** The number of orders, and their sum. */
export interface Totals {
  readonly count: number;
  readonly sumCents: number;
}

/** So long a slow report may take, with its wait for a place. */
const SLOW_MS = 5_000;

const COUNT = 'SELECT count(*)::int AS count FROM orders';
const TOTALS =
  'SELECT count(*)::int AS count, coalesce(sum(total_cents), 0)::float8 AS "sumCents" FROM orders';

/** Reads that say where they want to be read. */
@Injectable()
export class ReportsService {
  constructor(@InjectRouter('orders') private readonly orders: ReadReplicaRouter) {}

  /** Two reads that see the same orders: a transaction, which is begun on a replica that is not much behind. */
  @UseReplica({ maxLagMs: 5_000 })
  async onReplica(): Promise<Served<Totals>> {
    return this.orders.transaction(
      async (tx) => {
        const { rows: counted } = await tx.query<{ count: number }>(COUNT);
        const { node, rows } = await tx.query<Totals>(TOTALS);
        return { node, value: { ...rows[0]!, count: counted[0]!.count } };
      },
      { isolation: 'repeatable read', readOnly: true },
    );
  }

  /** What the primary says. */
  @UsePrimary()
  async onPrimary(): Promise<Served<Totals>> {
    return this.#totals();
  }

  /** Everything that was committed before this was asked, by whomever; a replica that has it will do. */
  @Consistency('strong')
  async strong(): Promise<Served<Totals>> {
    return this.#totals();
  }

  /** Takes `ms`. Two run at a time, two more wait, the others are refused; what takes too long is cancelled on its server. */
  @Deadline(SLOW_MS)
  @Bulkhead({ maxConcurrent: 2, maxQueue: 2 })
  async slow(ms: number): Promise<Served<Totals>> {
    await this.orders.query('SELECT pg_sleep($1::float8 / 1000)', [ms]);
    return this.#totals();
  }

  async #totals(): Promise<Served<Totals>> {
    const { node, rows } = await this.orders.query<Totals>(TOTALS);
    return { node, value: rows[0]! };
  }
}

import { AsyncResource } from 'node:async_hooks';
import type { SqlConnection, SqlPool, SqlRow, StreamOptions } from '@nest-pooling/sql';

/** What a transaction and a pool have in common. */
export type SqlTransactionClient = Pick<SqlConnection, 'query' | 'stream' | 'transaction'>;

/** A pool as it is outside of the transaction that surrounds each call. */
export function outsideOf(pool: SqlPool): SqlTransactionClient {
  return {
    query: (text, params, options) => pool.outside(() => pool.query(text, params, options)),
    transaction: (work, options) => pool.outside(() => pool.transaction(work, options)),
    stream: (text, params, options) => streamOutside(pool, text, params, options),
  };
}

/** Rows are asked for one by one, each from the flow of whoever reads them: each has to be led outside. */
async function* streamOutside<Row = SqlRow>(
  pool: SqlPool,
  text: string,
  params?: readonly unknown[],
  options?: StreamOptions,
): AsyncGenerator<Row, void> {
  const flow = await pool.outside(async () => new AsyncResource('nest-pooling.cls'));
  const rows = flow.runInAsyncScope(() => pool.stream<Row>(text, params, options)[Symbol.asyncIterator]());
  try {
    for (;;) {
      const step = await flow.runInAsyncScope(() => rows.next());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await flow.runInAsyncScope(() => rows.return?.());
  }
}

import type { SqlConnection } from '@nest-pooling/sql';
import { tagOf, type Call } from './call.js';
import { WorkError } from './errors.js';
import type { Asking, CommonOptions } from './calls.js';
import type { SqlWorld } from './world.js';

/** How somebody reads a stream. */
export interface Reader {
  readonly rows: number;
  readonly batchSize: number;
  /** After so many he has had enough. */
  readonly leavesAfter: number;
  /** What he does with each row takes so long. */
  readonly napMs: number;
  /** The first one lets him think for longer than any statement may run. */
  readonly firstNapMs: number;
  /** What he does with the last one throws. */
  readonly throws: boolean;
}

/** Rows as they come. */
export function stream(world: SqlWorld, asking: Asking, key: string, reader: Reader): void {
  const call = world.calls.begin('stream', asking);
  const { rows, batchSize, leavesAfter, napMs, firstNapMs, throws } = reader;
  const readAll = async (options: CommonOptions): Promise<number> => {
    let count = 0;
    for await (const row of world.pool.stream<{ echo: unknown }>(`rows ${rows} ${key}`, [tagOf(call)], {
      batchSize,
      ...options,
    })) {
      if (row.echo !== tagOf(call)) world.fail(`stream ${call.seq} got a row of ${String(row.echo)}`);
      const thinksMs = count === 0 ? Math.max(firstNapMs, napMs) : napMs;
      call.thinksUntil = world.now + thinksMs;
      if (thinksMs > 0) await world.nap(thinksMs);
      if (++count >= leavesAfter) break;
    }
    if (throws) throw new WorkError('as planned');
    return count;
  };
  const right = (count: number): void => {
    if (count !== Math.min(rows, leavesAfter)) world.fail(`stream ${call.seq} got ${count} rows of ${rows}`);
  };
  void world.calls.settle(call, world.calls.ask(call, asking, readAll), right, () => {});
}

/** Rows on a session that is held. */
export async function readRows(
  world: SqlWorld,
  { seq }: Call,
  tag: number,
  connection: SqlConnection,
  { rows, key }: { readonly rows: number; readonly key: string },
): Promise<void> {
  let count = 0;
  const options = { batchSize: 2 };
  for await (const row of connection.stream<{ echo: unknown }>(`rows ${rows} ${key}`, [tag], options)) {
    if (row.echo !== tag) world.fail(`call ${seq} got a row of ${String(row.echo)}`);
    count++;
  }
  if (count !== rows) world.fail(`call ${seq} got ${count} rows of ${rows}`);
}

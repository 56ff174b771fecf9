import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { SqlCancelledError, SqlStatementError, SqlTimeoutError } from './errors.js';
import { bench, expectWhole, lendable, type Bench } from './model.fixture.js';
import type { StreamOptions } from './sql-pool.js';

const one = { min: 1, max: 1 };

interface Numbered {
  readonly n: number;
}

/** Reads to the end, with something to do for each row. */
function reading(
  { pool }: Bench,
  text: string,
  options: StreamOptions,
  each: (n: number) => unknown = () => {},
): Promise<number[]> {
  return (async () => {
    const seen: number[] = [];
    for await (const { n } of pool.stream<Numbered>(text, [], options)) {
      seen.push(n);
      await each(n);
    }
    return seen;
  })();
}

describe('stream', () => {
  it('gives every row once and in order, whatever the size of its pages', async () => {
    const world = await bench(one);
    for (const batchSize of [1, 7, 100, 250, 1_000]) {
      const seen = await world.run(reading(world, 'rows 250', { batchSize }));
      expect(seen).toEqual(Array.from({ length: 250 }, (_, at) => at + 1));
    }
    expect(await world.run(reading(world, 'rows 0', {}))).toEqual([]);
    await expectWhole(world);
  });

  it('serves calls that do not wait for each other in their order', async () => {
    const world = await bench(one);
    const rows = world.pool.stream<Numbered>('rows 5', [], { batchSize: 2 })[Symbol.asyncIterator]();
    const all = await world.run(Promise.all(Array.from({ length: 7 }, () => rows.next())));
    expect(all.map(({ value, done }) => (done ? 'done' : value.n))).toEqual([1, 2, 3, 4, 5, 'done', 'done']);
    await expectWhole(world);
  });

  it('takes no session before the first row is asked for, and none for a signal that has aborted', async () => {
    const world = await bench(one);
    const { pool, fail } = world;
    pool.stream('rows 5');
    const aborted = reading(world, 'rows 5', { signal: AbortSignal.abort(new Error('gone')) });
    expect(await fail(aborted)).toBeInstanceOf(SqlCancelledError);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 0 });
    await expectWhole(world);
  });

  it('a page that takes too long is cancelled, its reader is told at once, and the session is kept', async () => {
    for (const cancelLagMs of [0, 5]) {
      const world = await bench(one);
      const { env, fail, server } = world;
      Object.assign(server, { latencyMs: 10, cancelLagMs });
      const began = env.scheduler.now();
      const failing = fail(reading(world, 'sleep 5000', { timeoutMs: 100 }));
      expect(await failing).toBeInstanceOf(SqlTimeoutError);
      expect(env.scheduler.now() - began).toBeLessThan(110);
      await expectWhole(world);
      expect(server.cancels).toBe(1);
    }
  });

  it('a deadline that passes between two pages ends it without a cancel', async () => {
    const world = await bench(one);
    const { env, fail, server } = world;
    const pause = (): Promise<void> => new Promise((resolve) => void env.scheduler.after(60, resolve));
    const failing = fail(reading(world, 'rows 10', { batchSize: 1, timeoutMs: 100 }, pause));
    expect(await failing).toBeInstanceOf(SqlTimeoutError);
    await expectWhole(world);
    expect(server.cancels).toBe(0);
  });

  it('on a session that is lent, whatever ends it leaves no transaction behind', async () => {
    const world = await bench(one);
    const { env, pool, run, server } = world;
    Object.assign(server, { latencyMs: 10, cancelLagMs: 5 });
    const [session] = lendable(server);
    const state = (): unknown => (session as unknown as { state: string }).state;
    await run(
      pool.use(async (connection) => {
        for (const timeoutMs of [40, 48, 95]) {
          const rows = connection.stream('rows 100', [], { batchSize: 1, timeoutMs })[Symbol.asyncIterator]();
          const read = async (): Promise<void> => {
            for (;;) await rows.next();
          };
          await expect(read()).rejects.toBeInstanceOf(SqlTimeoutError);
          await connection.query('insert a 1');
          expect(state()).toBe('idle');
        }
        const late = connection.stream('rows 100', [], { batchSize: 1, timeoutMs: 50 });
        const rows = late[Symbol.asyncIterator]();
        await rows.next();
        await new Promise((resolve) => void env.scheduler.after(100, () => resolve(undefined)));
        await expect(rows.next()).rejects.toBeInstanceOf(SqlTimeoutError);
        await connection.query('insert a 2');
        expect(state()).toBe('idle');
      }),
    );
    await expectWhole(world);
  });

  it('a signal ends it between two rows, and leaves no listener', async () => {
    const world = await bench(one);
    const controller = new AbortController();
    const { signal } = controller;
    const failing = world.fail(
      reading(world, 'rows 10', { signal }, (n) => n === 3 && controller.abort(new Error('gone'))),
    );
    expect(await failing).toMatchObject({ code: 'SQL_CANCELLED', cause: { message: 'gone' } });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await expectWhole(world);
  });

  it('gives the error of its statement once, and is over then', async () => {
    const world = await bench(one);
    const rows = world.pool.stream('fail constraint')[Symbol.asyncIterator]();
    expect(await world.fail(rows.next())).toBeInstanceOf(SqlStatementError);
    expect(await world.run(rows.next())).toEqual({ done: true, value: undefined });
    await expectWhole(world);
  });

  it('a reader who takes his time loses nothing to the watchdog', async () => {
    const world = await bench(one, { queryTimeoutMs: 2_000 });
    const { env } = world;
    const pause = (): Promise<void> => new Promise((resolve) => void env.scheduler.after(5_000, resolve));
    expect(await world.run(reading(world, 'rows 3', { batchSize: 1 }, pause))).toEqual([1, 2, 3]);
    await expectWhole(world);
  });

  it('in a transaction: left early, the transaction goes on', async () => {
    const world = await bench(one);
    const { pool, run } = world;
    await run(
      pool.transaction(async (tx) => {
        for await (const { n } of tx.stream<Numbered>('rows 10', [], { batchSize: 2 })) if (n === 3) break;
        await tx.query('insert a 1');
      }),
    );
    expect((await run(pool.query('select a'))).rows).toMatchObject([{ value: '1' }]);
    await expectWhole(world);
  });

  it('in a transaction whose time is over it is not read on', async () => {
    const world = await bench(one);
    const { pool, run, fail } = world;
    let kept: AsyncIterator<unknown> | undefined;
    const failing = fail(
      pool.transaction(
        async (tx) => {
          kept = tx.stream('rows 10', [], { batchSize: 2 })[Symbol.asyncIterator]();
          await kept.next();
          await new Promise(() => {});
        },
        { timeoutMs: 50 },
      ),
    );
    const error = await failing;
    expect(error).toBeInstanceOf(SqlTimeoutError);
    await run(pool.query('select a'));
    // Somebody else has the session.
    const other = pool.query('sleep 50');
    expect(await fail(kept!.next())).toMatchObject({ code: 'SQL_TRANSACTION_ENDED', cause: error });
    await run(other);
    await expectWhole(world);
  });
});

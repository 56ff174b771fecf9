import { describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { exchange, type Exchange } from './exchange.js';
import { bench } from './model.fixture.js';

describe('exchange', () => {
  it('refuses connections that are not of this package', () => {
    expect(() => exchange({} as never, async () => {})).toThrow(OptionsError);
  });

  it('takes its turn among the statements of its connection, and has its session', async () => {
    const { pool, run } = await bench({ min: 1, max: 1 });
    const order: string[] = [];
    const work = (name: string) => async (): Promise<void> => void order.push(name);
    await run(
      pool.use(async (connection) => {
        await Promise.all([
          connection.query('select a').then(work('first')),
          exchange(connection, async ({ session }) => {
            await session.execute({ text: 'select a' });
            order.push('second');
          }),
          connection.query('select a').then(work('third')),
        ]);
      }),
    );
    expect(order).toEqual(['first', 'second', 'third']);
    await run(pool.close());
  });

  it('may wait for its caller as long as that likes, but not for a server that is frozen', async () => {
    const { env, cluster, pool, run, fail } = await bench({ min: 1, max: 1 }, { queryTimeoutMs: 2_000 });
    const wait = (ms: number): Promise<void> =>
      new Promise((resolve) => void env.scheduler.after(ms, resolve));
    const slow = async ({ session, idle, busy }: Exchange): Promise<void> => {
      idle();
      await wait(60_000);
      busy();
      await session.execute({ text: 'select a' });
    };
    const running = pool.use((connection) => exchange(connection, slow));
    await env.advance(70_000);
    await run(running);
    const stuck = fail(
      pool.use((connection) => exchange(connection, ({ session }) => session.execute({ text: 'select a' }))),
    );
    cluster.freeze('shop.primary');
    expect(await stuck).toMatchObject({ code: 'SQL_CONNECTION_LOST' });
    cluster.restore('shop.primary');
    await run(pool.close());
    // The cancel that was tried first is still on its way through the model.
    await env.advance(3_000);
    expect(env.pendingTimers).toBe(0);
  });

  it('is told to its caller at once when its time is over, and cancelled', async () => {
    const { pool, run, fail, server } = await bench({ min: 1, max: 1 });
    const before = [...server.sessions];
    const work = ({ session }: Exchange): Promise<unknown> => session.execute({ text: 'sleep 10000' });
    const error = await fail(pool.use((connection) => exchange(connection, work, { timeoutMs: 100 })));
    expect(error).toMatchObject({ code: 'SQL_TIMEOUT' });
    await run(pool.query('select a'));
    expect([...server.sessions]).toEqual(before);
    await run(pool.close());
  });
});

import { describe, expect, it } from '@jest/globals';
import { SqlTimeoutError } from './errors.js';
import { bench, lendable } from './model.fixture.js';

const forever = (): Promise<never> => new Promise(() => {});
const one = { min: 1, max: 1 };

describe('a transaction whose time is over and that is not alone on its session', () => {
  it('one inside another fails alone; the outer one goes on', async () => {
    const { env, pool, run, server } = await bench(one);
    Object.assign(server, { latencyMs: 5, cancelLagMs: 3 });
    await run(
      pool.transaction(async (tx) => {
        await tx.query('insert a 1');
        const inner = tx.transaction(
          async () => {
            await tx.query('insert b 1');
            await tx.query('sleep 5000');
          },
          { timeoutMs: 50 },
        );
        const began = env.scheduler.now();
        await expect(inner).rejects.toBeInstanceOf(SqlTimeoutError);
        expect(env.scheduler.now() - began).toBe(50);
        await tx.query('insert c 1');
        await tx.transaction((part) => part.query('insert c 2'), { timeoutMs: 50 });
        await tx.query('sleep 100');
        const idle = tx.transaction(
          async (part) => {
            await part.query('insert d 1');
            await forever();
          },
          { timeoutMs: 50 },
        );
        await expect(idle).rejects.toBeInstanceOf(SqlTimeoutError);
      }),
    );
    const values = await run(Promise.all(['a', 'b', 'c', 'd'].map((key) => pool.query(`select ${key}`))));
    expect(values.map(({ rows }) => rows[0]!.value)).toEqual(['1', undefined, '2', undefined]);
    expect(lendable(server)).toHaveLength(1);
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('one on a session that is lent is rolled back before the session is used again', async () => {
    const { env, pool, run, server } = await bench(one);
    await run(
      pool.use(async (connection) => {
        for (const wait of [() => connection.query('sleep 5000'), forever]) {
          const failing = connection.transaction(
            async (tx) => {
              await tx.query('insert a 1');
              await wait();
            },
            { timeoutMs: 50 },
          );
          await expect(failing).rejects.toBeInstanceOf(SqlTimeoutError);
          expect((await connection.query('select a')).rows).toMatchObject([{ value: undefined }]);
        }
        await connection.transaction((tx) => tx.query('insert b 1'));
      }),
    );
    expect((await run(pool.query('select b'))).rows).toMatchObject([{ value: '1' }]);
    expect(lendable(server)).toHaveLength(1);
    await run(pool.close());
    expect(env.pendingTimers).toBe(0);
  });
});

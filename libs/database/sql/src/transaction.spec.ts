import { describe, expect, it } from '@jest/globals';
import { bench } from './model.fixture.js';
import { SqlTimeoutError } from './errors.js';
import { SqlOutcomeUnknownError, SqlTransactionEndedError } from './transaction-errors.js';
import type { SqlConnection } from './sql-pool.js';

describe('transaction', () => {
  it('commits what it did, and rolls back when the work rejects, with the error of the work', async () => {
    const { pool, run, fail, server } = await bench({ min: 1, max: 1 });
    expect(await run(pool.transaction(async (tx) => (await tx.query('insert a 1')).node))).toBe(
      'shop.primary',
    );
    const failed = await fail(
      pool.transaction(async (tx) => {
        await tx.query('insert b 1');
        throw new Error('no');
      }),
    );
    expect(failed.message).toBe('no');
    for (const session of server.sessions) expect(session).toMatchObject({ state: 'idle' });
    await run(pool.close());
  });

  it('queries on the same pool take part in it; outside() does not', async () => {
    const { pool, run } = await bench({ min: 0, max: 2 });
    await run(
      pool.transaction(async () => {
        await pool.query('insert a 1');
        expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 1 });
        await pool.use(async (connection) => connection.query('select a'));
        expect(pool.report().nodes['shop.primary']).toMatchObject({ total: 1 });
        await pool.outside(() => pool.query('select a'));
        expect(pool.report().nodes['shop.primary']).toMatchObject({ total: 2 });
      }),
    );
    await run(pool.close());
  });

  it('a nested one is a savepoint: it can fail alone', async () => {
    const { pool, run } = await bench({ min: 1, max: 1 });
    const seen: string[] = [];
    await run(
      pool.transaction(async () => {
        await pool.query('insert a 1');
        await pool
          .transaction(async (tx) => {
            await tx.query('fail constraint');
          })
          .catch((error: Error) => seen.push(error.name));
        // The outer transaction still works.
        await pool.query('insert b 1');
      }),
    );
    expect(seen).toEqual(['SqlStatementError']);
    await run(pool.close());
  });

  it('nested ones begun at the same time take turns', async () => {
    const { pool, run } = await bench({ min: 1, max: 1 });
    const order: string[] = [];
    await run(
      pool.transaction(async () => {
        const part = (name: string) =>
          pool.transaction(async (tx) => {
            order.push(`${name}+`);
            await tx.query('insert a 1');
            order.push(`${name}-`);
          });
        await Promise.all([part('a'), part('b')]);
      }),
    );
    expect(order).toEqual(['a+', 'a-', 'b+', 'b-']);
    await run(pool.close());
  });

  it('nests as deep as one likes, whichever connection it is asked of', async () => {
    const { pool, run } = await bench({ min: 1, max: 1 });
    const order: string[] = [];
    await run(
      pool.transaction(async (tx) => {
        await pool.transaction(async (inner) => {
          const part = (name: string, from: { transaction: SqlConnection['transaction'] }) =>
            from.transaction(async () => {
              order.push(`${name}+`);
              await pool.query('insert a 1');
              order.push(`${name}-`);
            });
          await Promise.all([part('a', pool), part('b', tx), part('c', inner)]);
        });
        order.push('end');
      }),
    );
    expect(order).toEqual(['a+', 'a-', 'b+', 'b-', 'c+', 'c-', 'end']);
    await run(pool.close());
  });

  it('refuses a statement after its end', async () => {
    const { pool, run, fail } = await bench();
    let kept: SqlConnection | undefined;
    await run(
      pool.transaction(async (tx) => {
        kept = tx;
      }),
    );
    expect(await fail(kept!.query('select a'))).toBeInstanceOf(SqlTransactionEndedError);
    expect(await fail(kept!.transaction(async () => {}))).toBeInstanceOf(SqlTransactionEndedError);
    await run(pool.close());
  });

  it('a loss during COMMIT is an unknown outcome, and nothing is repeated', async () => {
    const { env, cluster, pool, fail, run, server } = await bench({ min: 1, max: 1 });
    server.latencyMs = 50;
    const failing = fail(pool.transaction(async () => {}));
    await env.advance(75);
    const statements = server.statements;
    cluster.kill('shop.primary');
    expect(await failing).toBeInstanceOf(SqlOutcomeUnknownError);
    expect(server.statements).toBe(statements);
    await run(pool.close());
  });

  it('a failing rollback loses the session, and the error of the work is what the caller gets', async () => {
    const { env, cluster, pool, fail, run } = await bench({ min: 1, max: 1 });
    const failing = fail(
      pool.transaction(async () => {
        cluster.kill('shop.primary');
        throw new Error('mine');
      }),
    );
    expect((await failing).message).toBe('mine');
    cluster.restore('shop.primary');
    await env.advance(6_000);
    await run(pool.query('select a'));
    await run(pool.close());
  });

  it('its timeout is that of the whole: the statement that runs into it is cancelled', async () => {
    const { env, pool, fail, run } = await bench({ min: 1, max: 1 });
    const began = env.scheduler.now();
    const error = await fail(
      pool.transaction(
        async (tx) => {
          await tx.query('sleep 60');
          await tx.query('sleep 60');
        },
        { timeoutMs: 100 },
      ),
    );
    expect(error).toBeInstanceOf(SqlTimeoutError);
    expect(env.scheduler.now() - began).toBeLessThan(150);
    await run(pool.query('select a'));
    await run(pool.close());
  });

  it('statements given at once take turns on the one session', async () => {
    const { pool, run } = await bench({ min: 1, max: 1 });
    const rows = await run(
      pool.transaction((tx) => Promise.all(['a', 'b', 'c'].map((key) => tx.query(`select ${key}`)))),
    );
    expect(rows).toHaveLength(3);
    await run(pool.close());
  });
});

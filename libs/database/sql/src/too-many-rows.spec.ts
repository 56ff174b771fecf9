import { describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { bench, expectWhole } from './model.fixture.js';
import { answerAll, end, handPool, outcomeOf } from './lanes/pipelined.fixture.js';
import { SqlTooManyRowsError } from './too-many-rows.js';

const one = { min: 1, max: 1 };

describe('maxRows', () => {
  it('makes an error of more rows, which says what to do', async () => {
    const world = await bench(one, { maxRows: 10 });
    const { pool, run, fail } = world;
    expect((await run(pool.query('rows 10'))).rows).toHaveLength(10);
    const error = await fail(pool.query('rows 11'));
    expect(error).toBeInstanceOf(SqlTooManyRowsError);
    expect(error).toMatchObject({
      code: 'SQL_TOO_MANY_ROWS',
      category: 'failed',
      node: 'shop.primary',
      fingerprint: 'rows 11',
      maxRows: 10,
    });
    expect(error.message).toMatch(/more than 10 rows.*\(rows 11\)\. Add a LIMIT, read it with stream\(\)/);
    await expectWhole(world);
  });

  it('of a statement wins over the pool’s; without any there is no limit', async () => {
    const world = await bench(one, { maxRows: 10 });
    const { pool, run, fail } = world;
    expect((await run(pool.query('rows 50', [], { maxRows: 50 }))).rows).toHaveLength(50);
    expect((await run(pool.query('rows 50', [], { maxRows: Infinity }))).rows).toHaveLength(50);
    expect(await fail(pool.query('rows 5', [], { maxRows: 4 }))).toMatchObject({ maxRows: 4 });
    await expectWhole(world);
    const free = await bench(one);
    expect((await free.run(free.pool.query('rows 5000'))).rows).toHaveLength(5_000);
    await expectWhole(free);
  });

  it('holds in transactions, which go on; streams may be as long as they like', async () => {
    const world = await bench(one, { maxRows: 10 });
    const { pool, run } = world;
    const count = await run(
      pool.transaction(async (tx) => {
        await expect(tx.query('rows 11')).rejects.toBeInstanceOf(SqlTooManyRowsError);
        let seen = 0;
        for await (const row of tx.stream('rows 50', [], { batchSize: 20, maxRows: 5 })) seen += row ? 1 : 0;
        return seen;
      }),
    );
    expect(count).toBe(50);
    await expectWhole(world);
  });

  it('holds on shared sessions, and for its own statement only', async () => {
    const made = await handPool({}, { maxRows: 5 });
    const first = outcomeOf(made.pool.query('r alone'));
    const [many, few] = ['r many', 'r few'].map((text) => outcomeOf(made.pool.query(text)));
    await made.env.settle();
    const [{ receiver }] = made.driver.pipes[0]!.sent.splice(0, 1) as [
      (typeof made.driver.pipes)[0]['sent'][0],
    ];
    receiver.answered({ rows: [1, 2, 3, 4, 5, 6], rowCount: 6, command: 'SELECT', fields: [] });
    await answerAll(made);
    expect(many!.error).toBeInstanceOf(SqlTooManyRowsError);
    expect([first.state, few!.state]).toEqual(['fulfilled', 'fulfilled']);
    await end(made);
  });

  it('refuses what is no number of rows', async () => {
    await expect(bench(one, { maxRows: 0 })).rejects.toBeInstanceOf(OptionsError);
  });
});

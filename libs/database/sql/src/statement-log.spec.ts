import { describe, expect, it, jest } from '@jest/globals';
import { labelKey, OptionsError, runInContext } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { bench, type Bench } from './model.fixture.js';
import { SingleNodePool } from './single-node-pool.js';
import type { SqlSettings } from './sql-settings.js';
import { formatStatement, type StatementLogLine, type StatementLogOptions } from './statement-log.js';
import { ModelCluster } from './testing/index.js';

async function logging(
  log: StatementLogOptions,
  pool: object = {},
): Promise<Bench & { readonly lines: StatementLogLine[] }> {
  const lines: StatementLogLine[] = [];
  const world = await bench(
    { min: 1, max: 1, ...pool },
    { log: { sink: (line) => lines.push(line), ...log } },
  );
  return { ...world, lines };
}

describe('the query log', () => {
  it('is off by default: no clock is read for it, and nothing is called', async () => {
    const clockReads = async (log: StatementLogOptions): Promise<[reads: number, lines: number]> => {
      const { env, pool, run, lines } = await logging(log);
      await run(pool.query('select a'));
      const now = jest.spyOn(env.scheduler, 'now');
      const before = lines.length;
      await run(pool.query('select a'));
      const reads = now.mock.calls.length;
      await run(pool.close());
      return [reads, lines.length - before];
    };
    const [reads, lines] = await clockReads({});
    expect(lines).toBe(0);
    // The model has a clock, too.
    expect(await clockReads({ level: 'slow' })).toEqual([reads + 2, 0]);
    expect(await clockReads({ level: 'statements' })).toEqual([reads + 2, 1]);
  });

  it('tells of every statement: where, how long, how many rows, who, and what became of it', async () => {
    const { pool, run, fail, server, lines } = await logging({ level: 'statements' });
    server.latencyMs = 20;
    await run(pool.query('select a', ['secret', 2], { label: 'Orders.find' }));
    await runInContext(labelKey, 'a request', () => run(pool.query('insert a 1')));
    await fail(pool.query('fail constraint'));
    expect(lines).toEqual([
      {
        node: 'shop.primary',
        lane: 'write',
        ms: 20,
        rows: 1,
        parameters: 2,
        label: 'Orders.find',
        statement: 'select a',
        slow: false,
        code: undefined,
        sqlState: undefined,
      },
      expect.objectContaining({ statement: 'insert a 1', rows: 0, label: 'a request', parameters: 0 }),
      expect.objectContaining({ rows: null, code: 'SQL_STATEMENT_FAILED' }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret');
    await run(pool.close());
  });

  it('tells of what runs in transactions, on lent sessions, and of streams', async () => {
    const { pool, run, lines } = await logging({ level: 'statements' });
    await run(
      pool.transaction((tx) => tx.query('insert a 1'), { label: 'Orders.place', isolation: 'serializable' }),
    );
    await run(pool.use((connection) => connection.query('select a', [], { label: 'mine' })));
    const read = async (): Promise<void> => {
      for await (const row of pool.stream('rows 250', [], { label: 'report' })) expect(row).toBeDefined();
    };
    await run(read());
    expect(lines.map(({ statement, label, rows }) => [statement, label, rows])).toEqual([
      ['BEGIN ISOLATION LEVEL SERIALIZABLE', 'Orders.place', 0],
      ['insert a 1', 'Orders.place', 0],
      ['COMMIT', 'Orders.place', null],
      ['select a', 'mine', 1],
      ['rows 250', 'report', 250],
    ]);
    await run(pool.close());
  });

  it('tells of slow ones only, if that is wanted', async () => {
    const { pool, run, fail, lines } = await logging({ level: 'slow', slowMs: 100 });
    await run(pool.query('select a'));
    await run(pool.query('sleep 99'));
    await run(pool.query('sleep 100'));
    await fail(pool.query('sleep 5000', [], { timeoutMs: 300 }));
    await run(pool.query('select a'));
    expect(lines.map(({ statement, slow }) => [statement, slow])).toEqual([
      ['sleep 100', true],
      ['sleep 5000', true],
    ]);
    await run(pool.close());
  });

  it('a sink that throws breaks nothing', async () => {
    const world = await logging({
      level: 'statements',
      sink: () => {
        throw new Error('disk full');
      },
    });
    expect((await world.run(world.pool.query('select a'))).rowCount).toBe(1);
    await world.run(world.pool.close());
  });

  it('goes to the log of the environment, slow ones as warnings', async () => {
    const env = new VirtualEnv(1);
    const said: unknown[] = [];
    const logged = Object.assign(env, {
      log: (...line: unknown[]): void => void said.push(line),
    });
    const cluster = new ModelCluster(env);
    const target = cluster.add('shop.primary', 'primary');
    const open = (settings: SqlSettings, preset?: 'development'): SingleNodePool =>
      new SingleNodePool(
        {
          name: 'shop',
          kind: 'model',
          driver: cluster,
          target,
          pool: { min: 0, ...(preset && { preset }) },
          ...settings,
        },
        logged,
      );
    const developing = open({}, 'development');
    await env.until(developing.query('select a', [1]));
    await env.until(developing.query('sleep 700'));
    expect(said).toEqual([
      ['debug', 'shop.primary', 'write 1.0 ms, 1 row: select a [1 parameter]'],
      ['warn', 'shop.primary', 'slow: write 700.0 ms, 1 row: sleep 700'],
    ]);
    const quiet = open({ log: { level: 'off' } }, 'development');
    await env.until(quiet.query('select a'));
    expect(said).toHaveLength(2);
    await env.until(Promise.all([developing.close(), quiet.close()]));
  });

  it('refuses wrong options', async () => {
    const log = { level: 'all', slowMs: -1, show: 'all', sink: 1, color: true } as never;
    const making = bench({}, { log });
    await expect(making).rejects.toBeInstanceOf(OptionsError);
    await expect(making).rejects.toThrow(
      /log\.color.*\n.*log\.level.*\n.*log\.slowMs.*\n.*log\.show.*\n.*log\.sink/,
    );
  });
});

describe('a line for humans', () => {
  const line: StatementLogLine = {
    node: 'n',
    lane: 'read',
    ms: 1.26,
    rows: 2,
    parameters: 0,
    label: undefined,
    statement: 'select ?',
    slow: false,
    code: undefined,
    sqlState: undefined,
  };

  it.each([
    [{}, 'read 1.3 ms, 2 rows: select ?'],
    [{ rows: null }, 'read 1.3 ms: select ?'],
    [
      { slow: true, parameters: 3, label: 'A.b' },
      'slow: read 1.3 ms, 2 rows: select ? [3 parameters] by A.b',
    ],
    [
      { rows: null, code: 'SQL_STATEMENT_FAILED', sqlState: '23505' },
      'read 1.3 ms, SQL_STATEMENT_FAILED 23505: select ?',
    ],
  ])('%j', (more, text) => {
    expect(formatStatement({ ...line, ...more })).toBe(text);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Definition, type Managed } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { fromEnv, fromUrl, type SqlPool, type StatementLogLine } from '@nest-pooling/sql';
import { postgresEntry } from './entry.js';
import { LIMIT_MS } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

const drivers = [postgresEntry];
let cluster: PostgresCluster;
const opened: Managed[] = [];

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 1 });
}, LIMIT_MS);

afterEach(async () => {
  await Promise.all(opened.splice(0).map((pool) => pool.close()));
});

afterAll(() => cluster?.stop(), LIMIT_MS);

async function open(definition: Definition<SqlPool>): Promise<SqlPool> {
  const pool = definition.open('shop', systemEnv);
  opened.push(pool);
  await pool.start();
  return pool.face;
}

const LIMITS =
  "SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock";

describe('a pool from URLs', () => {
  it('is one of a single server, with the limits that were asked for', async () => {
    const sql = await open(
      fromUrl(cluster.primary.url, { drivers, statementTimeoutMs: 1_234, lockTimeoutMs: 567 }),
    );
    const { rows, node } = await sql.query(LIMITS);
    expect(rows).toEqual([{ statement: '1234ms', lock: '567ms' }]);
    expect(node).toBe('shop.primary');
  });

  it('routes reads to the replicas that the environment names', async () => {
    const env = {
      ORDERS_URL: cluster.primary.url,
      ORDERS_REPLICA_URLS: cluster.replicas.map(({ url }) => url).join(','),
      ORDERS_LOCK_TIMEOUT_MS: '250',
    };
    const sql = await open(fromEnv('ORDERS', { drivers, env }));
    const read = await sql.query(LIMITS);
    expect(read.node).toBe('shop.replica-1');
    expect(read.rows).toEqual([{ statement: '1min', lock: '250ms' }]);
    expect((await sql.query(LIMITS, [], { access: 'write' })).node).toBe('shop.primary');
  });

  it('says at its start what is wrong with a URL that has the right protocol', () => {
    const definition = fromUrl('postgres://host/db?sslmode=perhaps', { drivers });
    expect(() => definition.open('shop', systemEnv)).toThrow(/sslmode/);
  });
});

describe('the preset development', () => {
  it('logs every statement without its parameters; the others log none unless they are told', async () => {
    const lines: StatementLogLine[] = [];
    const log = { sink: (line: StatementLogLine) => lines.push(line) };
    const at = (preset: 'development' | 'production'): Promise<SqlPool> =>
      open(fromUrl(cluster.primary.url, { drivers, log, pool: { preset } }));
    const production = await at('production');
    await production.query('SELECT $1::text AS name', ['hunter2']);
    expect(lines).toEqual([]);
    const development = await at('development');
    await development.query('SELECT $1::text AS name', ['hunter2']);
    expect(lines).toHaveLength(1);
    expect(lines[0]!.statement).toBe('select ?::text as name');
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool, SqlStatementError } from '@nest-pooling/sql';
import { direct } from './shop.fixture.js';

jest.setTimeout(120_000);

const SECRET = 'hunter2';

describe('errors of a real server', () => {
  let cluster: PostgresCluster;
  let pool: Managed & { readonly face: SqlPool };
  let sql: SqlPool;
  const failing = async (text: string, params?: readonly unknown[]): Promise<SqlStatementError> =>
    sql.query(text, params).then(
      () => {
        throw new Error(`it did not fail: ${text}`);
      },
      (error: unknown) => error as SqlStatementError,
    );

  beforeAll(async () => {
    cluster = await startPostgresCluster({ replicas: 0 });
    await direct(
      cluster.primary.url,
      `CREATE TABLE team (id int PRIMARY KEY);
       CREATE TABLE member (
         id int PRIMARY KEY, name text CONSTRAINT one_name UNIQUE, age int NOT NULL CHECK (age > 0),
         team int CONSTRAINT its_team REFERENCES team);
       INSERT INTO member VALUES (1, '${SECRET}', 1, NULL)`,
    );
    pool = postgres({
      primary: { url: cluster.primary.url },
      session: { lockTimeoutMs: 100, statementTimeoutMs: 1_000 },
    }).open('one', systemEnv);
    sql = pool.face;
    await pool.start();
  });
  afterAll(async () => {
    await pool?.close();
    await cluster?.stop();
  });

  it.each([
    [
      'INSERT INTO member VALUES (2, $1, 1)',
      [SECRET],
      {
        kind: 'unique-violation',
        sqlState: '23505',
        constraint: 'one_name',
        table: 'member',
        schema: 'public',
      },
    ],
    [
      'INSERT INTO member VALUES (2, $1, 1, 99)',
      [`other ${SECRET}`],
      { kind: 'foreign-key-violation', constraint: 'its_team', table: 'member' },
    ],
    [
      'INSERT INTO member VALUES (2, $1, NULL)',
      [`other ${SECRET}`],
      { kind: 'not-null-violation', column: 'age', table: 'member' },
    ],
    [
      'INSERT INTO member VALUES (2, $1, 0)',
      [`other ${SECRET}`],
      { kind: 'check-violation', constraint: 'member_age_check' },
    ],
    ['SELECT $1::int', [SECRET], { kind: 'invalid-value', sqlState: '22P02' }],
    ['SELECT $1::date', [SECRET], { kind: 'invalid-value' }],
    ['SELECT $1::jsonb', [`{${SECRET}`], { kind: 'invalid-value' }],
    ['SELECT $1::uuid', [SECRET], { kind: 'invalid-value' }],
    [`SELECT 1 '${SECRET}`, undefined, { kind: 'syntax-error' }],
    [`SELECT FROM '${SECRET}'`, undefined, { kind: 'syntax-error' }],
    ['SELECT * FROM nothing WHERE a = $1', [SECRET], { kind: 'undefined-table' }],
    ['SELECT nam FROM member WHERE name = $1', [SECRET], { kind: 'undefined-column' }],
    ['SELECT nothing($1)', [SECRET], { kind: 'undefined-function' }],
    ['SELECT pg_sleep(5), $1::text', [SECRET], { kind: 'statement-timeout', category: 'timeout' }],
  ])('%s', async (text, params, expected) => {
    const error = await failing(text, params);
    expect(error).toMatchObject({ code: 'SQL_STATEMENT_FAILED', node: 'one.primary', ...expected });
    expect(error.message).toMatch(/^one\.primary: .*\(\w{5}\)\./s);
    expect(error.message).not.toContain(SECRET);
    expect(error.stack).not.toContain(SECRET);
  });

  it('a lock that is not to be had, a write where none is allowed, a transaction that has failed', async () => {
    const blocked = sql.transaction(async (tx) => {
      await tx.query('UPDATE member SET age = 2 WHERE id = 1');
      return sql.outside(() => sql.query('UPDATE member SET age = 3 WHERE id = 1'));
    });
    await expect(blocked).rejects.toMatchObject({ kind: 'lock-timeout', category: 'timeout' });
    const readOnly = sql.transaction((tx) => tx.query('DELETE FROM member'), { readOnly: true });
    await expect(readOnly).rejects.toMatchObject({ kind: 'read-only' });
    const failed = sql.transaction(async (tx) => {
      await tx.query('SELECT nonsense').catch(() => {});
      await tx.query('SELECT 1');
    });
    await expect(failed).rejects.toMatchObject({ kind: 'transaction-failed' });
  });

  it('too many connections say so at the connect', async () => {
    const url = cluster.primary.url;
    await direct(url, 'CREATE ROLE few LOGIN CONNECTION LIMIT 0');
    const target = new URL(url);
    target.username = 'few';
    const full = postgres({ primary: { url: target.href }, startTimeoutMs: 500 }).open('full', systemEnv);
    const error = await full.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    await full.close();
    expect(error).toMatchObject({ code: 'SQL_START_FAILED' });
    const kinds: unknown[] = [];
    for (let at = error as Error | undefined; at !== undefined; at = at.cause as Error | undefined) {
      kinds.push((at as { kind?: string }).kind);
    }
    expect(kinds).toContain('too-many-connections');
  });
});

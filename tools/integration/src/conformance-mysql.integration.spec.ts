import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemEnv } from '@nest-pooling/core';
import { mysql } from '@nest-pooling/mysql';
import { startMariadbCluster, type MariadbCluster } from '@nest-pooling/services';
import { sqlConformance, type ConformanceOptions, type ConformancePool } from '@nest-pooling/sql/testing';
import { createConnection } from 'mysql2/promise';
import { mariadbHarness } from './conformance-mariadb.fixture.js';

const PATIENCE_MS = 120_000;

async function open(url: string, { max, maxRows = Infinity }: ConformanceOptions): Promise<ConformancePool> {
  const managed = mysql({ primary: { url }, pool: { min: 1, max }, maxRows }).open('shop', systemEnv);
  await managed.start();
  return { managed, most: max };
}

/** Runs a statement past everything of ours. */
async function direct(url: string, text: string): Promise<unknown> {
  const connection = await createConnection(url);
  try {
    return await connection.query(text);
  } finally {
    await connection.end();
  }
}

describe('every SqlPool, on MariaDB', () => {
  let cluster: MariadbCluster;
  beforeAll(async () => void (cluster = await startMariadbCluster({ replicas: 0 })), PATIENCE_MS);
  afterAll(() => cluster?.stop());

  const cases = sqlConformance(
    mariadbHarness({
      open: (options) => open(cluster.primary.url, options),
      direct: (text) => direct(cluster.primary.url, text),
    }),
  );

  it.each([...cases])('$name', async ({ run }) => expect(await run()).toBeUndefined(), PATIENCE_MS);

  it('leaves no case out', () => {
    expect(cases.filter(({ skipped }) => skipped !== undefined)).toEqual([]);
  });
});

const { MYSQL_URL } = process.env;
// Debian has no MySQL: where there is one, MYSQL_URL names it, with a database that is ours to fill.
(MYSQL_URL === undefined ? describe.skip : describe)('every SqlPool, on the MySQL of MYSQL_URL', () => {
  const url = MYSQL_URL ?? '';
  const mariadb = mariadbHarness({
    open: (options) => open(url, options),
    direct: (text) => direct(url, text),
  });
  const cases = sqlConformance({
    ...mariadb,
    // MySQL has neither sequences of that kind nor RETURNING.
    returning: false,
    series: (count, failsAt) => {
      const n = failsAt === undefined ? 'n' : `n + 0 * EXP(IF(n = ${failsAt}, 10000, 0)) AS n`;
      const digits =
        '(SELECT 0 d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)';
      const all = `SELECT 1 + a.d + 10*b.d + 100*c.d + 1000*e.d + 10000*f.d AS n FROM ${digits} a, ${digits} b, ${digits} c, ${digits} e, ${digits} f`;
      return `SELECT ${n} FROM (${all}) numbers WHERE n <= ${count} ORDER BY n`;
    },
  });

  const kept = cases.filter(({ skipped }) => skipped === undefined);
  it.each([...kept])('$name', async ({ run }) => expect(await run()).toBeUndefined(), PATIENCE_MS);

  it('leaves out what MySQL does not have', () => {
    expect(cases.length - kept.length).toBeLessThanOrEqual(1);
  });
});

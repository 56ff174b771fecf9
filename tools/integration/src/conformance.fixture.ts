import { systemEnv } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import type { SqlHarness } from '@nest-pooling/sql/testing';
import { direct } from './shop.fixture.js';

/** Postgres, as the conformance suite has to know it. */
export function postgresHarness(url: string): SqlHarness {
  return {
    open: async ({ max, maxRows = Infinity }) => {
      const managed = postgres({ primary: { url }, pool: { min: 1, max }, maxRows }).open('shop', systemEnv);
      await managed.start();
      return { managed, most: max };
    },
    placeholder: (at) => `$${at}`,
    quote: (name) => `"${name.replaceAll('"', '""')}"`,
    types: { integer: 'integer', real: 'double precision', text: 'text', bytes: 'bytea' },
    series: (count, failsAt) =>
      failsAt === undefined
        ? `SELECT n FROM generate_series(1, ${count}) n`
        : `SELECT n / (CASE WHEN n = ${failsAt} THEN 0 ELSE 1 END) AS n FROM generate_series(1, ${count}) n`,
    writers: Infinity,
    readsBesideTransaction: true,
    failsTransaction: true,
    returning: true,
    slow: (ms) => `SELECT pg_sleep(${ms / 1_000})`,
    setting: { set: "SET statement_timeout = '1234'", get: 'SHOW statement_timeout' },
    temporaryTable: (name) => `CREATE TEMPORARY TABLE ${name} (n integer)`,
    kill: {
      id: 'SELECT pg_backend_pid()',
      end: async (id) => void (await direct(url, `SELECT pg_terminate_backend(${Number(id)})`)),
    },
  };
}

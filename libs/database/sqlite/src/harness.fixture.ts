import type { PoolSettings } from '@nest-pooling/pool';
import type { SqlHarness } from '@nest-pooling/sql/testing';
import type { Library } from './database.js';
import { opened } from './temporary.fixture.js';

const READERS = 3;

const common = {
  placeholder: (at: number) => `?${at}`,
  quote: (name: string) => `"${name.replaceAll('"', '""')}"`,
  types: { integer: 'INTEGER', real: 'REAL', text: 'TEXT', bytes: 'BLOB' },
  series: (count: number, failsAt?: number) => {
    const n = failsAt === undefined ? 'n' : `CASE WHEN n = ${failsAt} THEN json('{' || n) ELSE n END`;
    return `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < ${count}) SELECT ${n} AS n FROM c`;
  },
  writers: 1,
  failsTransaction: false,
  returning: true,
  setting: { set: 'PRAGMA recursive_triggers = ON', get: 'PRAGMA recursive_triggers' },
  temporaryTable: (name: string) => `CREATE TEMPORARY TABLE ${name} (n INTEGER)`,
};

/** SQLite on a file, as the conformance suite has to know it; `next` names a new one. */
export function fileHarness(library: Library, next: () => string): SqlHarness {
  return {
    ...common,
    readsBesideTransaction: true,
    open: async ({ max, maxRows = Infinity }) => {
      const readers = Math.min(max, READERS);
      const options = { file: next(), maxRows, session: { library }, pool: { min: 1, max: readers } };
      return { managed: await opened(options), most: readers + 1 };
    },
  };
}

/** SQLite in memory. */
export function memoryHarnessOn(library: Library | undefined, pool: PoolSettings = {}): SqlHarness {
  return {
    ...common,
    readsBesideTransaction: false,
    open: async ({ maxRows = Infinity }) => {
      const session = library === undefined ? {} : { library };
      return { managed: await opened({ memory: true, maxRows, session, pool }), most: 1 };
    },
  };
}

/** The same on whatever this Node has; what is not given back is not waited for. */
export const memoryHarness = memoryHarnessOn(undefined, { closeTimeoutMs: 100 });

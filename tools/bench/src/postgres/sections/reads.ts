import { AsyncLocalStorage } from 'node:async_hooks';
import type { Row } from '@nest-pooling/report';
import { contenders } from '../contenders.js';
import { Ours } from '../contenders/ours.js';
import { PgPool } from '../contenders/pg-pool.js';
import { PostgresJs } from '../contenders/postgres-js.js';
import { cpuUs, perSecond, plain, ratio, rounds, SLICE_MS, type Rounds } from '../rounds.js';
import { operations } from '../slice.js';

const SLICE = { workers: 64, ms: SLICE_MS };
const FASTER = { atLeast: 2 };

/** Reads through `query`, 64 at a time. */
export async function readsSection(): Promise<readonly Row[]> {
  const one = await rounds(contenders(), operations.one, SLICE);
  const byId = await rounds(contenders(), operations.byId, SLICE);
  const plainly = await rounds(contenders(), operations.byIdPlain, SLICE);
  return [
    ...against('SELECT 1', one, true),
    ...against('by id, prepared', byId, true),
    ...against('by id, as written', plainly, false),
  ];
}

function against(what: string, all: Rounds, bars: boolean): Row[] {
  const title = (of: string): string => `${what}: ours / ${of}`;
  return [
    ratio(all, title('pg.Pool'), perSecond, ['ours', 'pg.Pool'], bars ? FASTER : undefined, 3),
    ratio(
      all,
      `${title('pg.Pool')}, cpu`,
      cpuUs,
      ['ours', 'pg.Pool'],
      bars ? { atMost: 0.45 } : undefined,
      0.3,
    ),
    ratio(all, title('postgres.js'), perSecond, ['ours', 'postgres.js'], bars ? FASTER : undefined, 3),
    ratio(all, `${title('postgres.js')}, cpu`, cpuUs, ['ours', 'postgres.js']),
    ...['TypeORM', 'Kysely', 'Knex'].map((name) => ratio(all, title(name), perSecond, ['ours', name])),
    ratio(all, `${what}: ours, not multiplexed / pg.Pool`, perSecond, ['ours, not multiplexed', 'pg.Pool']),
    ...plain(all, what),
  ];
}

/** The same with 256 at a time, and inside somebody's AsyncLocalStorage, as in most servers' requests. */
export async function crowdSection(): Promise<readonly Row[]> {
  const three = (): [Ours, PgPool, PostgresJs] => [new Ours(), new PgPool(), new PostgresJs()];
  const crowd = { workers: 256, ms: SLICE_MS };
  const one = await rounds(three(), operations.one, crowd);
  const byId = await rounds(three(), operations.byId, crowd);
  const storage = new AsyncLocalStorage<object>();
  const scoped = await storage.run({}, () => rounds(three(), operations.byId, SLICE));
  const rows = (what: string, all: Rounds): Row[] => [
    ratio(all, `${what}: ours / pg.Pool`, perSecond, ['ours', 'pg.Pool']),
    ratio(all, `${what}: ours / postgres.js`, perSecond, ['ours', 'postgres.js']),
    ...plain(all, what),
  ];
  return [
    ...rows('SELECT 1, 256 workers', one),
    ...rows('by id, prepared, 256 workers', byId),
    ...rows('by id, prepared, in a scope', scoped),
  ];
}

import type { Row } from '@nest-pooling/report';
import { asChild } from '../in-child.js';
import {
  meanLatency,
  perSecond,
  plain,
  ratio,
  rounds,
  SLICE_MS,
  type RoundsOptions,
} from '../postgres/rounds.js';
import { checkItem, operations, type Operation } from '../postgres/slice.js';
import type { Mysql2Pool } from '../mysql/contenders/mysql2-pool.js';
import { all } from './contenders.js';
import { allMysql2 } from './mysql2-contenders.js';

/** A new connection may be luckier with the kernel than the one before. */
const CROWD: RoundsOptions = { workers: 64, ms: SLICE_MS, rounds: 11, openings: 3 };
/** One caller has one server process, which the kernel may keep near or far: each opening anew. */
const ALONE: RoundsOptions = { workers: 1, ms: SLICE_MS, timed: true, openings: 5, rounds: 3, warmUpMs: 150 };
const OURS = ['Pool', 'pg.Pool'] as const;
const FACE = ['pgPool', 'pg.Pool'] as const;

async function crowd(what: string, operation: Operation): Promise<readonly Row[]> {
  const run = await rounds(all(), operation, CROWD);
  return [
    ratio(run, `${what}: Pool / pg.Pool`, perSecond, OURS, { atLeast: 1 }, 1.1),
    ratio(run, `${what}: pgPool of a SqlPool / pg.Pool`, perSecond, FACE),
    ...plain(run, what),
  ];
}

async function alone(what: string, operation: Operation): Promise<readonly Row[]> {
  const run = await rounds(all(), operation, ALONE);
  return [
    ratio(run, `1 worker, ${what}: mean latency, Pool / pg.Pool`, meanLatency, OURS),
    ratio(run, `1 worker, ${what}: mean latency, pgPool of a SqlPool / pg.Pool`, meanLatency, FACE),
  ];
}

const OURS_MYSQL2 = ['createPool', 'mysql2'] as const;
const FACE_MYSQL2 = ['mysql2Pool', 'mysql2'] as const;

function mysqlUrl(): string {
  const url = process.env.BENCH_MYSQL_URL;
  if (url === undefined) throw new Error('BENCH_MYSQL_URL must name the server');
  return url;
}

async function mysql2Crowd(what: string, operation: Operation): Promise<readonly Row[]> {
  const run = await rounds(allMysql2(), operation, { ...CROWD, url: mysqlUrl() });
  return [
    ratio(run, `${what}: createPool / mysql2`, perSecond, OURS_MYSQL2, { atLeast: 1 }, 1.1),
    ratio(run, `${what}: mysql2Pool of a SqlPool / mysql2`, perSecond, FACE_MYSQL2),
    ...plain(run, what),
  ];
}

async function mysql2Alone(what: string, operation: Operation): Promise<readonly Row[]> {
  const run = await rounds(allMysql2(), operation, { ...ALONE, url: mysqlUrl() });
  return [
    ratio(run, `1 worker, ${what}: mean latency, createPool / mysql2`, meanLatency, OURS_MYSQL2),
    ratio(run, `1 worker, ${what}: mean latency, mysql2Pool of a SqlPool / mysql2`, meanLatency, FACE_MYSQL2),
  ];
}

/** As most programs have it: the text, and not a prepared statement. */
const borrowedPlain: Operation = async (contender, id) =>
  checkItem(await (contender as Mysql2Pool).borrowedPlain(id), id);

await asChild({
  query: async () => [
    ...(await crowd('pool.query by id, named', operations.byId)),
    ...(await crowd('pool.query by id', operations.byIdPlain)),
  ],
  write: () => crowd('pool.query, a write', operations.update),
  connect: () => crowd('connect, query by id, release', operations.borrowed),
  transaction: () => crowd('connect, BEGIN, write, read, COMMIT, release', operations.transaction),
  alone: async () => [
    ...(await alone('pool.query by id', operations.byIdPlain)),
    ...(await alone('connect, query by id, release', operations.borrowed)),
  ],
  'mysql2-query': async () => [
    ...(await mysql2Crowd('pool.query by id', operations.byIdPlain)),
    ...(await mysql2Crowd('pool.execute by id', operations.byId)),
  ],
  'mysql2-write': () => mysql2Crowd('pool.execute, a write', operations.update),
  'mysql2-connect': () => mysql2Crowd('getConnection, query by id, release', borrowedPlain),
  'mysql2-transaction': () =>
    mysql2Crowd('getConnection, BEGIN, write, read, COMMIT, release', operations.transaction),
  'mysql2-alone': async () => [
    ...(await mysql2Alone('pool.query by id', operations.byIdPlain)),
    ...(await mysql2Alone('getConnection, query by id, release', borrowedPlain)),
  ],
});

import type { Row } from '@nest-pooling/report';
import type { Contender } from '../postgres/contender.js';
import {
  cpuUs,
  meanLatency,
  perSecond,
  plain,
  ratio,
  rounds,
  SLICE_MS,
  type Rounds,
} from '../postgres/rounds.js';
import { operations, type Operation } from '../postgres/slice.js';
import { MariadbConnector } from './contenders/mariadb-connector.js';
import { Mysql2Pool } from './contenders/mysql2-pool.js';
import { OurMysql } from './contenders/ours.js';

/** Everybody, ours first. */
export function mysqlContenders(): readonly Contender[] {
  return [new OurMysql(), new Mysql2Pool(), new MariadbConnector()];
}

const MYSQL2 = ['ours', 'mysql2'] as const;
const MARIADB = ['ours', 'mariadb'] as const;

function measure(operation: Operation, workers: number, openings = 1): Promise<Rounds> {
  const url = process.env.BENCH_MYSQL_URL;
  if (url === undefined) throw new Error('BENCH_MYSQL_URL must name the server');
  return rounds(mysqlContenders(), operation, { url, workers, ms: SLICE_MS, timed: workers === 1, openings });
}

/** Reads through `query`, 64 at a time: as their users prepare them, and as they write them without thinking. */
export async function mysqlReads(): Promise<readonly Row[]> {
  const byId = await measure(operations.byId, 64);
  const plainly = await measure(operations.byIdPlain, 64);
  const one = await measure(operations.one, 64);
  const against = (what: string, all: Rounds): Row[] => [
    ratio(all, `${what}: ours / mysql2`, perSecond, MYSQL2, { atLeast: 1.5 }, 2),
    ratio(all, `${what}: ours / mysql2, cpu`, cpuUs, MYSQL2),
    ratio(all, `${what}: ours / mariadb`, perSecond, MARIADB, { atLeast: 1 }),
    ratio(all, `${what}: ours / mariadb, cpu`, cpuUs, MARIADB),
    ...plain(all, what),
  ];
  return [
    ...against('by id, prepared', byId),
    ...against('by id, as written', plainly),
    ratio(one, 'SELECT 1: ours / mysql2', perSecond, MYSQL2),
    ratio(one, 'SELECT 1: ours / mariadb', perSecond, MARIADB),
    ...plain(one, 'SELECT 1'),
  ];
}

/** Borrowing a session, and writes. */
export async function mysqlExclusive(): Promise<readonly Row[]> {
  const borrowed = await measure(operations.borrowed, 64);
  // All are bound by the server and the kernel here, and a new connection may be luckier with both than the one before.
  const writes = await measure(operations.update, 64, 4);
  return [
    ratio(writes, 'autocommit writes: ours / mysql2', perSecond, MYSQL2, { atLeast: 1 }),
    ratio(writes, 'autocommit writes: ours / mariadb', perSecond, MARIADB, { atLeast: 1 }),
    ratio(borrowed, 'use / getConnection, execute, release: ours / mysql2', perSecond, MYSQL2),
    ratio(borrowed, 'use / getConnection, execute, release: ours / mariadb', perSecond, MARIADB),
    ...plain(writes, 'writes'),
    ...plain(borrowed, 'borrowed'),
  ];
}

/** One caller at a time: whoever is alone must not pay for a crowd that is not there. */
export async function mysqlAlone(): Promise<readonly Row[]> {
  const byId = await measure(operations.byId, 1);
  return [
    ratio(byId, '1 worker, by id: mean latency, ours / mysql2', meanLatency, MYSQL2),
    ratio(byId, '1 worker, by id: mean latency, ours / mariadb', meanLatency, MARIADB),
    ...plain(byId, '1 worker, by id'),
  ];
}

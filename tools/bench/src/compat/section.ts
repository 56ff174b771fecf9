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
import { operations, type Operation } from '../postgres/slice.js';
import { all } from './contenders.js';

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
});

import type { Row } from '@nest-pooling/report';
import { contenders } from '../contenders.js';
import { Ours } from '../contenders/ours.js';
import { PgPool } from '../contenders/pg-pool.js';
import { latency, meanLatency, perSecond, plain, ratio, rounds, SLICE_MS } from '../rounds.js';
import { operations } from '../slice.js';

const SLICE = { workers: 64, ms: SLICE_MS };
const PAIR = ['ours', 'pg.Pool'] as const;

/** What no session can be shared for: borrowing one, and writes. */
export async function exclusiveSection(): Promise<readonly Row[]> {
  const borrowed = await rounds([new Ours(), new PgPool()], operations.borrowed, SLICE);
  const writes = await rounds(contenders(), operations.update, SLICE);
  return [
    ratio(borrowed, 'use / connect, query, release: ours / pg.Pool', perSecond, PAIR, { atLeast: 1 }, 1.1),
    ratio(writes, 'autocommit writes: ours / pg.Pool', perSecond, PAIR, { atLeast: 1 }, 1.1),
    ...['postgres.js', 'TypeORM', 'Kysely', 'Knex'].map((name) =>
      ratio(writes, `autocommit writes: ours / ${name}`, perSecond, ['ours', name]),
    ),
    ...plain(borrowed, 'borrowed'),
    ...plain(writes, 'writes'),
  ];
}

/** One caller at a time: whoever is alone must not pay for a crowd that is not there. */
export async function aloneSection(): Promise<readonly Row[]> {
  const slice = { workers: 1, ms: SLICE_MS, timed: true, openings: 7, rounds: 3, warmUpMs: 150 };
  const one = await rounds([new Ours(), new PgPool()], operations.one, slice);
  const byId = await rounds([new Ours(), new PgPool()], operations.byId, slice);
  const p50 = latency(0.5);
  const atMost = { atMost: 1.05 };
  return [
    ratio(one, '1 worker, SELECT 1: mean latency, ours / pg.Pool', meanLatency, PAIR, atMost, 1),
    ratio(one, '1 worker, SELECT 1: p50 latency, ours / pg.Pool', p50, PAIR, atMost, 1),
    ratio(byId, '1 worker, by id: mean latency, ours / pg.Pool', meanLatency, PAIR, atMost, 1),
    ratio(byId, '1 worker, by id: p50 latency, ours / pg.Pool', p50, PAIR, atMost, 1),
    ratio(byId, '1 worker, by id: p99 latency, ours / pg.Pool', latency(0.99), PAIR),
    ...plain(one, '1 worker, SELECT 1'),
    ...plain(byId, '1 worker, by id'),
  ];
}

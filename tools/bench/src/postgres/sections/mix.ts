import { measured, type Row } from '@nest-pooling/report';
import { median } from '../../statistics.js';
import { Ours } from '../contenders/ours.js';
import { PgPool } from '../contenders/pg-pool.js';
import { PostgresJs } from '../contenders/postgres-js.js';
import { latency, perSecond, plain, ratio, rounds } from '../rounds.js';
import { operations } from '../slice.js';

/** One statement in a hundred takes 100 ms: what the others suffer from it. */
export async function mixSection(): Promise<readonly Row[]> {
  const all = await rounds([new Ours(), new PgPool(), new PostgresJs()], operations.byId, {
    workers: 64,
    ms: 1_500,
    rounds: 7,
    warmUpMs: 1_000,
    timed: true,
    disturbance: { every: 100, operation: operations.sleep },
  });
  const p99 = latency(0.99);
  return [
    ratio(
      all,
      '1 % of 100 ms: p99 of the fast, ours / pg.Pool',
      p99,
      ['ours', 'pg.Pool'],
      { atMost: 1 },
      0.1,
    ),
    ratio(
      all,
      '1 % of 100 ms: throughput, ours / pg.Pool',
      perSecond,
      ['ours', 'pg.Pool'],
      { atLeast: 0.95 },
      1.2,
    ),
    ...[...all].map(([name, slices]) =>
      measured(`1 % of 100 ms: p99 of the fast, ${name}`, median(slices.map(p99)), 'ms'),
    ),
    ...plain(all, '1 % of 100 ms'),
  ];
}

import { measured, must, type Row } from '@nest-pooling/report';
import type { CoDelOptions } from '@nest-pooling/pool';
import { percentile, playQueue, type QueueLoad, type QueueOutcome } from './queue-model.js';

const SERVERS = 10;
const SERVICE_MS = 10;
const SECOND = 1_000;

/** Twice as much is asked as can be done. */
const overload: Omit<QueueLoad, 'seed'> = {
  servers: SERVERS,
  serviceMs: SERVICE_MS,
  deadlineMs: SECOND,
  durationMs: 70 * SECOND,
  fromMs: 10 * SECOND,
  load: () => 2,
};
/** Half of what can be done, and for 300 ms of every 5 s three times as much. */
const bursts: Omit<QueueLoad, 'seed'> = {
  ...overload,
  fromMs: 0,
  load: (now) => (now % (5 * SECOND) < 300 ? 3 : 0.5),
};
const ways: readonly (readonly [string, CoDelOptions | undefined])[] = [
  ['FIFO', undefined],
  ['CoDel', {}],
  ['CoDel 5/100 ms', { targetMs: 5, intervalMs: 100 }],
  ['CoDel 50/500 ms', { targetMs: 50, intervalMs: 500 }],
];

/**
 * What dropping early does to those who are served: a queue at twice its capacity, first come first served and
 * with CoDel, and the same with bursts that it can work off. `--seed 7` plays other callers.
 */
export async function codel(args: readonly string[]): Promise<readonly Row[]> {
  const at = args.indexOf('--seed');
  const seed = at < 0 ? 1 : Number(args[at + 1]);
  if (!Number.isSafeInteger(seed)) throw new Error(`--seed must be a whole number (got ${args[at + 1]})`);
  const rows: Row[] = [];
  const steady = ways.map(([, options]) => playQueue({ ...overload, seed }, options));
  const onset = ways.map(([, options]) =>
    playQueue({ ...overload, durationMs: 10 * SECOND, fromMs: 0, seed }, options),
  );
  const shaken = ways.map(([, options]) => playQueue({ ...bursts, seed }, options));
  for (const [i, [name]] of ways.entries()) {
    rows.push(...figures(`2x overload, ${name}`, steady[i]!));
    rows.push(measured(`first 10 s of it, ${name}: p99 wait`, percentile(onset[i]!.waits, 99), 'ms'));
    rows.push(...figures(`bursts, ${name}`, shaken[i]!));
  }
  const [fifo, ours] = steady as [QueueOutcome, QueueOutcome];
  const p99 = percentile(ours.waits, 99) / percentile(fifo.waits, 99);
  rows.push(must('2x overload: p99 wait, CoDel / FIFO', p99, 'x', { atMost: 0.25 }));
  const served = ours.waits.length / fifo.waits.length;
  rows.push(must('2x overload: served, CoDel / FIFO', served, 'x', { atLeast: 0.9 }));
  rows.push(must('bursts: dropped by CoDel', share(shaken[1]!.dropped, shaken[1]!), '%', { atMost: 0 }));
  return rows;
}

function figures(name: string, outcome: QueueOutcome): Row[] {
  return [
    measured(`${name}: p50 wait`, percentile(outcome.waits, 50), 'ms'),
    measured(`${name}: p99 wait`, percentile(outcome.waits, 99), 'ms'),
    measured(`${name}: served`, share(outcome.waits.length, outcome), '%'),
    measured(`${name}: dropped`, share(outcome.dropped, outcome), '%'),
    measured(`${name}: timed out`, share(outcome.timedOut, outcome), '%'),
  ];
}

function share(n: number, { offered }: QueueOutcome): number {
  return (100 * n) / offered;
}

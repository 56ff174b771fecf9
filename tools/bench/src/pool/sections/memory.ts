import { measured, must, type Row } from '@nest-pooling/report';
import { interleave } from '../../measure.js';
import { median, quantile } from '../../statistics.js';
import { turn } from '../../timed.js';
import { BURST } from '../burst.js';
import { MAX } from '../contender.js';
import { openOurs } from '../ours.js';
import { ResolverRing } from '../resolver-ring.js';

const ROUNDS = 9;

/** What one caller costs while it waits, its promise included. */
export async function memorySection(): Promise<readonly Row[]> {
  if (!globalThis.gc) throw new Error('Memory can only be told with --expose-gc');
  const weigh = [ofOurs, ofRing];
  await interleave(weigh.length, 1, (at) => weigh[at]!());
  const [ours, ring] = await interleave(weigh.length, ROUNDS, (at) => weigh[at]!());
  return [
    {
      ...must('memory per waiter: ours', median(ours!), 'bytes', { atMost: 500 }, 430),
      spread: [quantile(ours!, 0.25), quantile(ours!, 0.75)],
    },
    {
      ...measured('memory per waiter: limit, a promise and its resolver in a ring', median(ring!), 'bytes'),
      spread: [quantile(ring!, 0.25), quantile(ring!, 0.75)],
    },
  ];
}

async function ofOurs(): Promise<number> {
  const pool = openOurs({ maxWaiters: BURST });
  await pool.warm(MAX);
  const held = Array.from({ length: MAX }, () => pool.tryAcquire()!);
  const bytes = await perWaiter(() => pool.acquire());
  pool.abandonWaiters('weighed');
  for (const lease of held) lease.release();
  await pool.close();
  return bytes;
}

async function ofRing(): Promise<number> {
  const ring = new ResolverRing<object>(131_072, []);
  return perWaiter(() => ring.take());
}

async function perWaiter(wait: () => Promise<unknown>): Promise<number> {
  // There before it is weighed: the promises are held as their callers would, at no cost that counts.
  const promises: Promise<unknown>[] = Array.from({ length: BURST });
  const before = await heap();
  for (let i = 0; i < BURST; i++) promises[i] = wait();
  const bytes = ((await heap()) - before) / BURST;
  for (const promise of promises) promise.catch(() => {});
  return bytes;
}

async function heap(): Promise<number> {
  await turn();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

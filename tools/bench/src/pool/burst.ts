import type { Shot } from '../shots.js';
import { collectYoung, timed, turn } from '../timed.js';
import { MAX } from './contender.js';
import { openOurs } from './ours.js';
import { ResolverRing } from './resolver-ring.js';

/** How many wait at once. */
export const BURST = 100_000;
/** Enough for them to begin their wait before the first of them is over. */
export const SHORT_TIMEOUT_MS = 500;

const RING_CAPACITY = 131_072;

/** Everybody waits; then the resources come back, and each caller gives its own on as soon as it has it. */
export const oursDrained: Shot = {
  name: 'drain: ours',
  async fire() {
    const pool = openOurs({ maxWaiters: BURST });
    await pool.warm(MAX);
    const held = Array.from({ length: MAX }, () => pool.tryAcquire()!);
    const finish = countdown(BURST);
    const caller = async (): Promise<void> => {
      (await pool.acquire()).release();
      finish.one();
    };
    for (let i = 0; i < BURST; i++) void caller();
    const sample = await settled(() => {
      for (const lease of held) lease.release();
      return finish.all;
    });
    await pool.close();
    return sample;
  },
};

/** The same without a pool: nothing that can be left, nothing that ends by itself. */
export const ringDrained: Shot = {
  name: 'drain: limit',
  async fire() {
    const ring = new ResolverRing<object>(RING_CAPACITY, []);
    const finish = countdown(BURST);
    const caller = async (): Promise<void> => {
      ring.give(await ring.take());
      finish.one();
    };
    for (let i = 0; i < BURST; i++) void caller();
    return settled(() => {
      for (let i = 0; i < MAX; i++) ring.give({});
      return finish.all;
    });
  },
};

/** Nothing comes back: their time runs out at the same moment. */
export const oursTimedOut: Shot = {
  name: 'time out: ours',
  async fire() {
    const pool = openOurs({ maxWaiters: BURST, acquireTimeoutMs: SHORT_TIMEOUT_MS });
    await pool.warm(MAX);
    const held = Array.from({ length: MAX }, () => pool.tryAcquire()!);
    const finish = countdown(BURST);
    const caller = async (): Promise<void> => {
      try {
        await pool.acquire();
      } catch {
        finish.one();
      }
    };
    for (let i = 0; i < BURST; i++) void caller();
    const sample = await settled(() => finish.all);
    for (const lease of held) lease.release();
    await pool.close();
    return sample;
  },
};

/** All that it took to make them wait is over; what is left is what is measured. */
async function settled(work: () => Promise<void>): Promise<{ cpuNs: number; wallNs: number }> {
  await turn();
  // Once to age what waits, once to move it to where it stays.
  collectYoung();
  collectYoung();
  return timed(BURST, work);
}

/** Cheaper than a promise of all of them, which would cost more than what is measured. */
function countdown(n: number): { readonly all: Promise<void>; one(): void } {
  let left = n;
  let done!: () => void;
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  return {
    all,
    one: () => {
      if (--left === 0) done();
    },
  };
}

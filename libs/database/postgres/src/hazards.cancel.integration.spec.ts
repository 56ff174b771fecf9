import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { first, reasons, Shop, times } from './face.fixture.js';
import { LIMIT_MS } from './servers.fixture.js';

/** Statements of these tests that the server still runs. */
const ASLEEP = `SELECT count(*)::int FROM pg_stat_activity
  WHERE state = 'active' AND query LIKE 'SELECT pg_sleep(%' AND application_name <> 'watcher'`;

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.start();
}, LIMIT_MS);

afterEach(() => shop.pool?.close());

afterAll(() => shop?.stop(), LIMIT_MS);

async function untilAsleep(count: number): Promise<void> {
  while ((await first(shop.watcher, ASLEEP)) !== count);
}

describe('giving up on a session that is shared', () => {
  it('ends statements that stand one behind the other, and serves who stands behind them', async () => {
    const pool = await shop.open({ pool: { min: 1, max: 2 } });
    let over = false;
    const load = times(2, async (n) => {
      while (!over) await shop.byId(n);
    });
    const controller = new AbortController();
    // Sent in one turn: all of them to one session.
    const behind = times(6, (n) => pool.query(`SELECT pg_sleep(6${n})`, [], { signal: controller.signal }));
    const last = shop.byId(7);
    await untilAsleep(1);
    controller.abort(new Error('no longer wanted'));
    for (const error of reasons(await behind)) {
      expect(error.cause).toMatchObject({ message: 'no longer wanted' });
    }
    await last;
    await untilAsleep(0);
    over = true;
    expect(reasons(await load)).toEqual([]);
  });

  it('by an abort at any moment hurts nobody: each read beside is right', async () => {
    const pool = await shop.open({ pool: { min: 2, max: 4 } });
    let over = false;
    let fast = 0;
    const load = times(32, async (n) => {
      for (; !over; n += 32) {
        await shop.byId(n);
        fast++;
      }
    });
    const aborted = await times(4, async (loop) => {
      for (let n = 0; n < 60; n++) {
        const controller = new AbortController();
        // A text of its own each time: what is known to be slow runs on a session of its own.
        const text = `SELECT pg_sleep(${0.001 * (n % 12)}) AS "${loop} ${n}"`;
        const late = pool.query(text, [], { signal: controller.signal });
        const until = fast + (n % 50);
        const watch = (async () => {
          while (fast < until && !over) await shop.byId(n);
          controller.abort(new Error('no longer wanted'));
        })();
        const [error] = reasons(await Promise.allSettled([late]));
        if (error !== undefined && (error.cause as Error | undefined)?.message !== 'no longer wanted')
          throw error;
        await watch;
      }
    });
    over = true;
    expect(reasons(await load)).toEqual([]);
    expect(reasons(aborted)).toEqual([]);
    await untilAsleep(0);
  });
});

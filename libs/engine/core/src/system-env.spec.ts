import { describe, expect, test } from '@jest/globals';
import { systemEnv } from './index.js';

const { scheduler } = systemEnv;
const pause = (ms: number): Promise<void> => new Promise((resolve) => void scheduler.after(ms, resolve));

/** Keeps the event loop busy, as a long synchronous computation does. */
function block(ms: number): void {
  const until = scheduler.now() + ms;
  while (scheduler.now() < until);
}

describe('systemEnv', () => {
  test('now goes on monotonically, wallMs is the time of day', async () => {
    const now = scheduler.now();
    await pause(20);
    expect(scheduler.now()).toBeGreaterThan(now);
    // Not before this was written.
    expect(scheduler.wallMs()).toBeGreaterThan(1_750_000_000_000);
  });

  test('a cancelled timer does not run; cancelling again is harmless', async () => {
    let ran = false;
    const timer = scheduler.after(5, () => (ran = true));
    timer.cancel();
    timer.cancel();
    await pause(30);
    expect(ran).toBe(false);
  });

  test('a timer can be let go of and taken back, and still runs', async () => {
    let ran = false;
    const timer = scheduler.after(5, () => (ran = true));
    timer.unref();
    timer.ref();
    timer.unref();
    await pause(50);
    expect(ran).toBe(true);
  });

  test.each([Infinity, 2 ** 40])('a delay of %p ms is long, not 1 ms as Node takes it', async (ms) => {
    let ran = false;
    const timer = scheduler.after(ms, () => (ran = true));
    await pause(50);
    timer.cancel();
    expect(ran).toBe(false);
  });

  test('afterIo runs after promise callbacks, not at once', async () => {
    const ran: string[] = [];
    await new Promise<void>((resolve) => {
      scheduler.afterIo(() => {
        ran.push('io');
        resolve();
      });
      void Promise.resolve().then(() => ran.push('promise'));
      ran.push('now');
    });
    expect(ran).toEqual(['now', 'promise', 'io']);
  });

  test('a blocked event loop is noticed by the timer that is late, and forgotten after a second', async () => {
    let seen = 0;
    await new Promise<void>((resolve) => {
      scheduler.after(10, () => {
        seen = scheduler.lastStallMs;
        resolve();
      });
      block(300);
    });
    expect(seen).toBeGreaterThan(200);
    // The clock of the test may be late too, but not by a minute.
    expect(seen).toBeLessThan(60_000);
    expect(scheduler.lastStallMs).toBeGreaterThan(0);
    const until = scheduler.now() + 1_100;
    // Each pause may itself be late on a busy machine; wait until no stall was seen for a second.
    while (scheduler.now() < until || scheduler.lastStallMs > 0) await pause(50);
    expect(scheduler.lastStallMs).toBe(0);
  }, 60_000);

  test('a timer that was due in the past is no stall', async () => {
    const until = scheduler.now() + 60_000;
    while (scheduler.lastStallMs > 0 && scheduler.now() < until) await pause(50);
    let seen = -1;
    await new Promise<void>((resolve) => {
      scheduler.after(-100_000, () => {
        seen = scheduler.lastStallMs;
        resolve();
      });
    });
    expect(seen).toBeLessThan(50_000);
  }, 120_000);

  test('random is in [0, 1)', () => {
    const drawn = Array.from({ length: 100 }, () => systemEnv.random());
    expect(drawn.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(new Set(drawn).size).toBeGreaterThan(90);
  });

  test('watching a target for collection can be ended', () => {
    const forget = systemEnv.onCollected({}, () => {});
    expect(() => {
      forget();
      forget();
    }).not.toThrow();
  });
});

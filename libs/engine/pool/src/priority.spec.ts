import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { AcquirePriority, Lease } from './index.js';
import { makePool, watch, type Thing } from './pool.fixture.js';

/** A pool of one lent resource whose waiters write down when they are served, and give back at once. */
async function busy(priorityAgingMs?: number) {
  const made = makePool({ max: 1, acquireTimeoutMs: 600_000, priorityAgingMs });
  const lease = await made.pool.acquire();
  const served: string[] = [];
  const wait = (label: string, priority?: AcquirePriority): void => {
    const serve = (own: Lease<Thing>): void => {
      served.push(label);
      own.release();
    };
    watch(made.pool.acquire({ priority }).then(serve));
  };
  return { ...made, lease, served, wait };
}

describe('priority', () => {
  test('high before normal before low, first come first served within each', async () => {
    const { env, lease, served, wait } = await busy();
    wait('low 1', 'low');
    wait('normal 1');
    wait('high 1', 'high');
    wait('low 2', 'low');
    wait('high 2', 'high');
    wait('normal 2', 'normal');
    lease.release();
    await env.settle();
    expect(served).toEqual(['high 1', 'high 2', 'normal 1', 'normal 2', 'low 1', 'low 2']);
  });

  test('who has waited for longer than priorityAgingMs is served before the next higher one who just came', async () => {
    const { env, lease, served, wait } = await busy(1_000);
    wait('low', 'low');
    await env.advance(1_001);
    wait('normal');
    await env.advance(1_001);
    wait('high', 'high');
    lease.release();
    await env.settle();
    expect(served).toEqual(['low', 'normal', 'high']);
  });

  test('the low ones are not starved by a stream of high ones', async () => {
    const { env, pool, lease, served, wait } = await busy(1_000);
    wait('low', 'low');
    let held: Lease<Thing> = lease;
    let ms = 0;
    for (; ms < 10_000 && served.length === 0; ms += 100) {
      const next = pool.acquire({ priority: 'high' });
      await env.advance(100);
      held.release();
      held = await next;
    }
    // Two priorities below: after twice the time.
    expect(ms).toBeGreaterThan(2_000);
    expect(ms).toBeLessThanOrEqual(2_200);
  });

  test.each([0, Infinity])('an aging of %p serves everybody in the end', async (aging) => {
    const { env, pool, lease, served, wait } = await busy(aging);
    wait('low', 'low');
    await env.advance(10);
    wait('high', 'high');
    lease.release();
    await env.settle();
    expect(served).toEqual(aging === 0 ? ['low', 'high'] : ['high', 'low']);
    expect(pool.stats().waiting).toBe(0);
  });

  test('an aging of Infinity leaves nobody behind when the pool closes', async () => {
    const { env, pool } = await busy(Infinity);
    const outcome = watch(pool.acquire({ priority: 'low' }));
    watch(pool.close());
    await env.settle();
    expect(outcome.state).toBe('rejected');
  });

  test('who leaves is counted out, whatever his priority', async () => {
    const { env, pool, lease, served, wait } = await busy();
    const controller = new AbortController();
    watch(pool.acquire({ priority: 'high', signal: controller.signal }));
    watch(pool.acquire({ priority: 'low', timeoutMs: 5 }));
    wait('normal');
    controller.abort();
    await env.advance(10);
    expect(pool.stats()).toMatchObject({ waiting: 1, cancelled: 1, timeouts: 1 });
    lease.release();
    await env.settle();
    expect(served).toEqual(['normal']);
  });

  test('the order is that of the moments of arrival, each moved by the priority', async () => {
    const levels = ['high', 'normal', 'low'] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...levels), fc.nat(700)), { minLength: 1, maxLength: 25 }),
        fc.constantFrom(0, 300, 1_000),
        async (callers, aging) => {
          const { env, lease, served, wait } = await busy(aging);
          const expected: { label: string; virtual: number; rank: number; n: number }[] = [];
          for (const [n, [priority, gap]] of callers.entries()) {
            await env.advance(gap);
            const rank = levels.indexOf(priority);
            expected.push({ label: `${n}`, virtual: env.scheduler.now() + (rank - 1) * aging, rank, n });
            wait(`${n}`, priority);
          }
          lease.release();
          await env.settle();
          expected.sort((a, b) => a.virtual - b.virtual || a.rank - b.rank || a.n - b.n);
          expect(served).toEqual(expected.map(({ label }) => label));
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });
});

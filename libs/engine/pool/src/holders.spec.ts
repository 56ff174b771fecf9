import { describe, expect, test } from '@jest/globals';
import { labelKey, runInContext } from '@nest-pooling/core';
import type { Lease } from './index.js';
import { got, makePool, watch, type Thing } from './pool.fixture.js';

describe('holders', () => {
  test('are all who hold, the longest first, with their labels', async () => {
    const { env, pool } = makePool({ max: 4 });
    const leases: Lease<Thing>[] = [];
    for (const label of ['a', 'b', undefined]) {
      leases.push(await pool.acquire({ label }));
      await env.advance(2_000);
    }
    leases[0]!.release();
    runInContext(labelKey, 'scope', () => leases.push(pool.tryAcquire()!));
    await env.advance(1_000);
    expect(pool.holders()).toEqual([
      { slot: 2, label: 'b', heldMs: 5_000, stack: undefined },
      { slot: 3, label: undefined, heldMs: 3_000, stack: undefined },
      { slot: 1, label: 'scope', heldMs: 1_000, stack: undefined },
    ]);
  });
});

describe('stacks', () => {
  type Stacks = 'off' | 'sampled' | 'always';
  const tracing = (stacks: Stacks, max = 2) => makePool({ max, leak: { stacks, warnAfterMs: 1_000 } });

  test('point to whoever borrowed, on every way', async () => {
    const { env, pool } = tracing('always');
    const stacks = (): (string | undefined)[] => pool.holders().map(({ stack }) => stack);
    await pool.warm(1);
    async function borrowsWarm(): Promise<Lease<Thing>> {
      return pool.acquire();
    }
    async function borrowsCold(): Promise<Lease<Thing>> {
      return pool.acquire({ label: 'cold' });
    }
    await borrowsWarm();
    const cold = watch(borrowsCold());
    await env.settle();
    expect(stacks()).toEqual([
      expect.stringMatching(/borrowsWarm .*holders\.spec/),
      expect.stringMatching(/borrowsCold .*holders\.spec/),
    ]);
    got(cold).release();
    function tries(): void {
      pool.tryAcquire();
    }
    tries();
    expect(stacks()[1]).toMatch(/tries .*holders\.spec/);
  });

  test('of one who waited to where he began to wait, not to who gave back', async () => {
    const { env, pool } = tracing('always', 1);
    const lease = await pool.acquire();
    function waits(): void {
      watch(pool.use(() => new Promise(() => {})));
    }
    waits();
    function givesBack(): void {
      lease.release();
    }
    givesBack();
    await env.settle();
    const [{ stack } = { stack: undefined }] = pool.holders();
    expect(stack).toMatch(/waits .*holders\.spec/);
    expect(stack).not.toMatch(/givesBack/);
  });

  test('come with the leak, and go with the lease', async () => {
    const { env, pool } = tracing('always');
    const leaks: (string | undefined)[] = [];
    pool.on('leak', ({ stack }) => leaks.push(stack));
    const lease = await pool.acquire();
    await env.advance(2_000);
    expect(leaks).toEqual([expect.stringMatching(/holders\.spec/)]);
    lease.release();
    expect(pool.holders()).toEqual([]);
  });

  test('of one borrowing in 64 when sampled, of none when off', async () => {
    for (const [stacks, expected] of [
      ['sampled', 2],
      ['off', 0],
    ] as const) {
      const { pool } = tracing(stacks);
      let taken = 0;
      for (let n = 0; n < 128; n++) {
        const lease = await pool.acquire();
        if (pool.holders()[0]!.stack !== undefined) taken++;
        lease.release();
      }
      expect([stacks, taken]).toEqual([stacks, expected]);
    }
  });
});

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, test } from '@jest/globals';
import { PoolTimeoutError, type PoolEventName } from './index.js';
import { deadPool, makePool, queue, watch } from './pool.fixture.js';

describe('events', () => {
  test('tell of everything that is rare', async () => {
    const { env, factory, pool } = makePool({ max: 1, acquireTimeoutMs: 500, leak: { warnAfterMs: 1_000 } });
    const heard: unknown[] = [];
    const names = ['created', 'destroyed', 'createFailed', 'timeout', 'leak', 'misuse', 'state'] as const;
    for (const name of names) pool.on(name, (event) => heard.push([name, event]));
    factory.acts = ['fail'];
    const outcome = watch(pool.acquire({ label: 'job' }));
    await env.advance(400);
    watch(pool.acquire());
    await env.advance(1_500);
    const lease = outcome.value!;
    lease.discard('broken pipe');
    lease.release();
    await env.settle();
    await pool.close();
    expect(heard).toEqual([
      ['state', { from: 'starting', to: 'active' }],
      ['createFailed', { error: factory.error, failures: 1 }],
      ['created', { slot: 2, ms: 0 }],
      ['timeout', { waitedMs: 500 }],
      ['leak', { slot: 2, label: 'job', heldMs: expect.any(Number), stack: undefined }],
      ['misuse', { what: expect.stringContaining('resource 2 was released after its end') }],
      ['destroyed', { slot: 2, reason: 'broken pipe' }],
      ['state', { from: 'active', to: 'draining' }],
      ['state', { from: 'draining', to: 'closed' }],
    ]);
  });

  test('a listener is removed by its own function, once, though it was added twice', async () => {
    const { pool } = makePool();
    let count = 0;
    const listener = (): void => void count++;
    const remove = pool.on('created', listener);
    pool.on('created', listener);
    await pool.warm(1);
    expect(count).toBe(2);
    remove();
    remove();
    await pool.warm(2);
    expect(count).toBe(3);
  });

  test('one that removes itself keeps no other from hearing', async () => {
    const { pool } = makePool();
    const heard: string[] = [];
    const remove = pool.on('created', () => {
      heard.push('once');
      remove();
    });
    pool.on('created', () => heard.push('always'));
    await pool.warm(2);
    expect(heard).toEqual(['once', 'always', 'always']);
  });

  test('one that throws disturbs neither the pool nor the others', async () => {
    const { env, pool } = makePool({ max: 1, leak: { reclaimAfterMs: 1_000 } });
    let heard = 0;
    const names: PoolEventName[] = [
      'created',
      'destroyed',
      'timeout',
      'slow',
      'reclaimed',
      'misuse',
      'state',
    ];
    for (const name of names) {
      pool.on(name, () => {
        throw new Error('a listener');
      });
      pool.on(name, () => void heard++);
    }
    const lease = await pool.acquire();
    const outcome = watch(pool.acquire({ timeoutMs: 100 }));
    const served = watch(pool.acquire());
    await env.advance(2_000);
    lease.release();
    await env.settle();
    expect([outcome.state, served.state]).toEqual(['rejected', 'fulfilled']);
    served.value!.release();
    await pool.close();
    expect(heard).toBeGreaterThan(8);
    expect(env.pendingTimers).toBe(0);
  });

  test('a sink that was added twice is removed once by each function', async () => {
    const { pool } = makePool();
    let count = 0;
    const nothing = (): void => {};
    const sink = {
      timed: false,
      acquired: () => void count++,
      released: nothing,
      created: nothing,
      destroyed: nothing,
      timedOut: nothing,
      leaked: nothing,
      misused: nothing,
      state: nothing,
    };
    const remove = pool.subscribe(sink);
    const other = pool.subscribe(sink);
    remove();
    remove();
    await pool.use(() => {});
    expect(count).toBe(1);
    other();
    await pool.use(() => {});
    expect(count).toBe(1);
  });
});

describe('the diagnostics channel', () => {
  test('tells of each pool by its name', async () => {
    const messages: unknown[] = [];
    const listener = (message: unknown): void => void messages.push(message);
    subscribe('nest-pooling.pool', listener);
    const { env, pool, factory } = deadPool({ name: 'billing', failFastAfterMs: 0 });
    watch(pool.acquire());
    await env.settle();
    unsubscribe('nest-pooling.pool', listener);
    await pool.close();
    expect(messages).toEqual([
      { pool: 'billing', event: 'state', from: 'starting', to: 'active' },
      { pool: 'billing', event: 'createFailed', error: factory.error, failures: 1 },
    ]);
  });
});

describe('a slow acquire', () => {
  test('is told once per caller, before its timeout, with the holders', async () => {
    const { env, pool } = makePool({ max: 1, slowAcquireMs: 500, acquireTimeoutMs: 2_000 });
    const slow: unknown[] = [];
    pool.on('slow', (event) => slow.push(event));
    await pool.acquire({ label: 'report' });
    watch(pool.acquire());
    watch(pool.acquire({ priority: 'low' }));
    await env.advance(499);
    expect(slow).toEqual([]);
    await env.advance(1_400);
    const numbers = { max: 1, total: 1, leased: 1, idle: 0, waiting: 2 };
    expect(slow).toEqual([
      { waitedMs: expect.any(Number), holders: expect.stringMatching(/^report /), numbers },
      { waitedMs: expect.any(Number), holders: expect.stringMatching(/^report /), numbers },
    ]);
    watch(pool.acquire());
    await env.advance(1_900);
    expect(slow.length).toBe(3);
  });

  test.each([
    [1_000, 1_100],
    [500, 600],
    [50, 80],
  ])('is told also where %p ms are slow and %p ms too long', async (slowAcquireMs, acquireTimeoutMs) => {
    for (const late of [0, 15, 95, 333, 990]) {
      const { env, pool } = makePool({ max: 1, slowAcquireMs, acquireTimeoutMs });
      const heard: string[] = [];
      pool.on('slow', () => heard.push('slow'));
      pool.on('timeout', () => heard.push('timeout'));
      await pool.acquire();
      await env.advance(late);
      watch(pool.acquire());
      await env.advance(acquireTimeoutMs);
      expect(heard).toEqual(['slow', 'timeout']);
    }
  });

  test('Infinity tells never', async () => {
    const { env, pool } = makePool({ max: 1, slowAcquireMs: Infinity });
    let told = 0;
    pool.on('slow', () => void told++);
    await pool.acquire();
    watch(pool.acquire());
    await env.advance(9_000);
    expect(told).toBe(0);
  });

  test('a listener that ends waits keeps nobody from being told later', async () => {
    const { env, pool } = await queue([], { slowAcquireMs: 200, acquireTimeoutMs: 60_000 });
    const controllers = [1, 2, 3].map(() => new AbortController());
    let told = 0;
    pool.on('slow', () => controllers[told++]?.abort());
    for (const { signal } of controllers) {
      watch(pool.acquire({ signal }));
      watch(pool.acquire({ priority: 'low' }));
      await env.advance(10);
    }
    await env.advance(5_000);
    expect(told).toBe(6);
    expect(pool.stats().waiting).toBe(3);
  });
});

describe('the error of a timeout', () => {
  test('tells that the event loop was blocked, so that the pool is not blamed', async () => {
    const { env, outcomes } = await queue([{ timeoutMs: 500 }]);
    await env.stall(800);
    expect(outcomes[0]!.error).toBeInstanceOf(PoolTimeoutError);
    expect((outcomes[0]!.error as Error).message).toMatch(
      /; this process's event loop was blocked for 800 ms\./,
    );
    const { env: calm, outcomes: others } = await queue([{ timeoutMs: 500 }]);
    await calm.advance(500);
    expect((others[0]!.error as Error).message).not.toMatch(/blocked/);
  });
});

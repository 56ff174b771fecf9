import { describe, expect, test } from '@jest/globals';
import type { Budget } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { Pool } from './index.js';
import { FakeFactory, got, watch } from './pool.fixture.js';

class FakeBudget implements Budget {
  readonly owners: object[] = [];
  readonly wishes: number[] = [];
  readonly listeners = new Set<() => void>();

  constructor(readonly permits: number) {}

  tryTake(owner: object): boolean {
    return this.owners.length < this.permits && this.owners.push(owner) > 0;
  }

  give(owner: object): void {
    const at = this.owners.indexOf(owner);
    if (at < 0) throw new Error('given back without having been taken');
    this.owners.splice(at, 1);
    for (const fn of this.listeners) fn();
  }

  wanted(_owner: object, n: number): void {
    this.wishes.push(n);
  }

  onFree(fn: () => void): () => void {
    this.listeners.add(fn);
    return () => void this.listeners.delete(fn);
  }
}

function two(permits: number, options = {}) {
  const env = new VirtualEnv();
  const budget = new FakeBudget(permits);
  const [first, second] = ['first', 'second'].map((name) => {
    const factory = new FakeFactory(env);
    return { factory, pool: new Pool({ name, factory, min: 0, budget, ...options }, env) };
  });
  return { env, budget, first: first!, second: second! };
}

describe('a budget', () => {
  test('is taken before a create, and no more is created than it allows', async () => {
    const { env, budget, first, second } = two(3);
    const outcomes = [first, first, second, second].map(({ pool }) => watch(pool.acquire()));
    await env.settle();
    expect(outcomes.map((outcome) => outcome.state)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'pending',
    ]);
    expect(budget.owners.length).toBe(3);
    expect(new Set(budget.owners).size).toBe(2);
    expect(new Set(budget.wishes)).toEqual(new Set([1]));
  });

  test('tells how many more are wanted', async () => {
    const { env, budget, first } = two(1);
    watch(first.pool.warm(4));
    await env.settle();
    expect(budget.wishes[0]).toBe(3);
  });

  test('comes back when the other side let go, and another pool that waits gets it', async () => {
    const { env, budget, first, second } = two(1);
    const lease = await first.pool.acquire();
    const waiter = watch(second.pool.acquire());
    first.factory.destroyMs = 100;
    lease.discard();
    await env.advance(99);
    expect(waiter.state).toBe('pending');
    expect(budget.owners.length).toBe(1);
    await env.advance(1);
    expect(got(waiter).resource.id).toBe(1);
    expect(budget.owners.length).toBe(1);
  });

  test('comes back when a create fails, throws, or takes too long', async () => {
    for (const act of ['fail', 'throw', 'hang'] as const) {
      const { env, budget, first } = two(1, { createTimeoutMs: 100, failFastAfterMs: 0 });
      first.factory.otherwise = act;
      const outcome = watch(first.pool.acquire());
      await env.advance(100);
      expect(outcome.state).toBe('rejected');
      // Perhaps it tries again meanwhile, but no permit is lost.
      await first.pool.close();
      expect(budget.owners.length).toBe(0);
    }
  });

  test('comes back when a destroy hangs', async () => {
    const { env, budget, first } = two(1, { destroyTimeoutMs: 100 });
    first.factory.destroyMs = Infinity;
    (await first.pool.acquire()).discard();
    await env.advance(100);
    expect(budget.owners.length).toBe(0);
  });

  test('is all back after close, and the pool listens no more', async () => {
    const { env, budget, first, second } = two(5, { closeTimeoutMs: 100 });
    await first.pool.warm(3);
    await first.pool.acquire();
    first.factory.otherwise = 'hang';
    watch(first.pool.warm(5));
    await env.settle();
    expect(budget.owners.length).toBe(5);
    const closed = watch(first.pool.close());
    await env.advance(100);
    expect(closed.state).toBe('fulfilled');
    expect(budget.owners.length).toBe(0);
    expect(budget.listeners.size).toBe(1);
    await second.pool.close();
    expect(budget.listeners.size).toBe(0);
  });

  test('of the environment is used when none is given', async () => {
    const env = Object.assign(new VirtualEnv(), { budget: new FakeBudget(1) });
    const pool = new Pool({ name: 'orders', min: 0, factory: new FakeFactory(env) }, env);
    await pool.acquire();
    expect(env.budget.owners.length).toBe(1);
    const own = new FakeBudget(1);
    const other = new Pool({ name: 'other', min: 0, factory: new FakeFactory(env), budget: own }, env);
    await other.acquire();
    expect([env.budget.owners.length, own.owners.length]).toEqual([1, 1]);
  });

  test('that is exhausted leaves the caller his deadline', async () => {
    const { env, first } = two(0);
    const outcome = watch(first.pool.acquire({ timeoutMs: 100 }));
    await env.advance(100);
    expect(outcome.error).toMatchObject({ code: 'POOL_TIMEOUT' });
    expect(first.factory.calls).toBe(0);
  });
});

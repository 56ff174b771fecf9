import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Lease } from './index.js';
import { got, makePool, watch, type Thing } from './pool.fixture.js';

const load = (leases: readonly Lease<Thing>[]): Record<number, number> => {
  const counts: Record<number, number> = {};
  for (const { resource } of leases) counts[resource.id] = (counts[resource.id] ?? 0) + 1;
  return counts;
};

describe('leasesPerResource', () => {
  test('one resource serves so many borrowers before another is created', async () => {
    const { env, factory, pool } = makePool({ max: 2, leasesPerResource: 3 });
    const outcomes = Array.from({ length: 7 }, () => watch(pool.acquire()));
    await env.settle();
    expect(factory.made).toHaveLength(2);
    expect(outcomes.filter(({ state }) => state === 'fulfilled')).toHaveLength(6);
    const leases = outcomes.slice(0, 6).map(got);
    expect(load(leases)).toEqual({ 1: 3, 2: 3 });
    expect(pool.stats()).toMatchObject({ total: 2, leased: 6, idle: 0, waiting: 1, utilization: 1 });
    leases[0]!.release();
    await env.settle();
    expect(got(outcomes[6]!).resource.id).toBe(1);
    await env.until(pool.close());
  });

  test('the least loaded one is lent', async () => {
    const { env, pool } = makePool({ min: 2, max: 2, leasesPerResource: 4 });
    await pool.start();
    const leases = await Promise.all(Array.from({ length: 6 }, () => pool.acquire()));
    expect(load(leases)).toEqual({ 1: 3, 2: 3 });
    for (const lease of leases.filter(({ resource }) => resource.id === 2)) lease.release();
    const more = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
    expect(load(more)).toEqual({ 2: 3 });
    await env.until(pool.close());
  });

  test('a broken one gets no new borrower; those who have it keep it, and the last one ends it', async () => {
    const broken = new Set<Thing>();
    const { env, pool } = makePool({ max: 2, leasesPerResource: 2 }, (made) => {
      made.check = (thing) => (broken.has(thing) ? 'broken' : 'ok');
    });
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    broken.add(first.resource);
    first.release();
    expect(second.resource.destroyed).toBe(0);
    const third = await pool.acquire();
    expect(third.resource.id).toBe(2);
    const thing = second.resource;
    second.release();
    await env.settle();
    expect(thing).toMatchObject({ destroyed: 1, reason: 'broken' });
    third.release();
    await env.until(pool.close());
  });

  test('a reset waits for the last borrower', async () => {
    let resets = 0;
    const { env, pool } = makePool({ max: 1, leasesPerResource: 2 }, (made) => {
      made.check = () => 'reset';
      made.reset = async () => void resets++;
    });
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    first.release();
    await env.settle();
    expect(resets).toBe(0);
    const waiting = watch(pool.acquire());
    await env.settle();
    expect(waiting.state).toBe('pending');
    second.release();
    await env.settle();
    expect(resets).toBe(1);
    got(waiting).release();
    await env.until(pool.close());
  });

  test('what is in use is neither reaped, nor shrunk, nor evicted under its borrowers', async () => {
    const { env, factory, pool } = makePool({ max: 3, leasesPerResource: 2, idleTimeoutMs: 100 });
    const lease = await pool.acquire();
    await env.advance(1_000);
    expect(lease.resource.destroyed).toBe(0);
    pool.evict('rotated');
    pool.resize({ max: 1 });
    await env.settle();
    expect(lease.resource.destroyed).toBe(0);
    const other = await env.until(pool.acquire({ timeoutMs: 100 }).catch(() => undefined));
    expect(other).toBeUndefined();
    lease.release();
    await env.settle();
    expect(factory.made[0]).toMatchObject({ destroyed: 1, reason: 'rotated' });
    await env.until(pool.close());
    expect(env.pendingTimers).toBe(0);
  });

  test('suspend and resume lose no seat', async () => {
    const { env, pool } = makePool({ max: 1, leasesPerResource: 3 });
    const leases = [await pool.acquire(), await pool.acquire()];
    pool.suspend();
    leases[0]!.release();
    pool.resume();
    const more = [watch(pool.acquire()), watch(pool.acquire())];
    leases[1]!.release();
    await env.settle();
    expect(more.map(({ state }) => state)).toEqual(['fulfilled', 'fulfilled']);
    await env.until(pool.close());
  });

  test('close waits for all borrowers, at most until its deadline', async () => {
    const { env, factory, pool } = makePool({ max: 1, leasesPerResource: 2, closeTimeoutMs: 100 });
    const [first, second] = [await pool.acquire(), await pool.acquire()];
    const closed = watch(pool.close());
    first.release();
    await env.advance(50);
    expect(closed.state).toBe('pending');
    expect(factory.made[0]!.destroyed).toBe(0);
    await env.advance(60);
    expect(closed.state).toBe('fulfilled');
    expect(factory.made[0]!.destroyed).toBe(1);
    expect(() => second.resource).toThrow(/after its end/);
    expect(env.pendingTimers).toBe(0);
  });

  test('never more borrowers than seats, and every seat comes back', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('acquire' as const) },
      { weight: 3, arbitrary: fc.constant('release' as const) },
      fc.constant('break' as const),
      fc.constant('evict' as const),
      fc.constant('suspend' as const),
      fc.constant('resume' as const),
      fc.constant('wait' as const),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 2, max: 4 }),
        async (steps, seats) => {
          const broken = new Set<number>();
          const { env, factory, pool } = makePool(
            { max: 3, leasesPerResource: seats, acquireTimeoutMs: 1_000, idleTimeoutMs: 200 },
            (made) => {
              made.check = ({ id }) => (broken.has(id) ? 'broken' : 'ok');
            },
          );
          const held: Lease<Thing>[] = [];
          const take = (): void =>
            void pool.acquire().then(
              (lease) => held.push(lease),
              () => {},
            );
          for (const each of steps) {
            if (each === 'acquire') take();
            else if (each === 'release') held.shift()?.release();
            else if (each === 'break') for (const { resource } of held.slice(0, 1)) broken.add(resource.id);
            else if (each === 'evict') pool.evict('told');
            else if (each === 'suspend') pool.suspend();
            else if (each === 'resume') pool.resume();
            else await env.advance(50);
            await env.settle();
            for (const count of Object.values(load(held))) expect(count).toBeLessThanOrEqual(seats);
            expect(factory.live.length).toBeLessThanOrEqual(3);
            expect(pool.leased).toBe(held.length);
          }
          pool.resume();
          for (const lease of held.splice(0)) lease.release();
          await env.advance(2_000);
          for (const lease of held.splice(0)) lease.release();
          const all = Array.from({ length: 3 * seats }, () => watch(pool.acquire()));
          await env.advance(500);
          expect(all.every(({ state }) => state === 'fulfilled')).toBe(true);
          for (const outcome of all) got(outcome).release();
          await env.until(pool.close());
          expect(env.pendingTimers).toBe(0);
          expect(factory.made.every(({ destroyed }) => destroyed === 1)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('onPressure', () => {
  test('tells who holds leases for long that others wait though the pool is full', async () => {
    const { env, pool } = makePool({ max: 1 });
    const kept = await pool.acquire();
    const told: number[] = [];
    const remove = pool.onPressure((waiting) => {
      told.push(waiting);
      if (kept.active) kept.release();
    });
    pool.onPressure(() => {
      throw new Error('a listener');
    });
    const outcome = watch(pool.acquire());
    await env.settle();
    const lease = got(outcome);
    const next = watch(pool.acquire());
    expect(told).toEqual([1, 1]);
    remove();
    void watch(pool.acquire());
    expect(told).toEqual([1, 1]);
    lease.release();
    await env.settle();
    expect(next.state).toBe('fulfilled');
    got(next).release();
    await env.until(pool.close());
  });

  test('tells nobody while another one can be created', async () => {
    const { env, pool } = makePool({ max: 2 });
    const told: number[] = [];
    pool.onPressure((waiting) => told.push(waiting));
    const leases = [await pool.acquire(), await pool.acquire()];
    await env.settle();
    expect(told).toEqual([]);
    for (const lease of leases) lease.release();
    await env.until(pool.close());
  });
});

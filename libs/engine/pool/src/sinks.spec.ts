import { describe, expect, jest, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { Pool, type PoolSink } from './index.js';
import { FakeFactory, got, makePool, recorder, watch } from './pool.fixture.js';

const only = (events: unknown[][], ...names: string[]): unknown[][] =>
  events.filter(([name]) => names.includes(name as string));

describe('sinks', () => {
  test('hear of everything, with durations', async () => {
    const { env, factory, pool } = makePool({ max: 1, acquireTimeoutMs: 100 }, (made) => {
      made.otherwise = 30;
    });
    const { sink, events } = recorder();
    pool.subscribe(sink);
    const outcome = watch(pool.acquire());
    await env.advance(30);
    const late = watch(pool.acquire());
    await env.advance(100);
    expect(late.state).toBe('rejected');
    got(outcome).discard('broken pipe');
    await env.settle();
    expect(factory.made.length).toBe(1);
    expect(events).toEqual([
      ['state', 'starting', 'active'],
      ['created', 1, 30],
      ['acquired', 1, 30],
      ['timedOut', 100],
      ['released', 1, 100],
      ['destroyed', 1, 'broken pipe'],
    ]);
  });

  test('case 28: the wait is the wait and the use is the use', async () => {
    const { env, pool } = makePool({ max: 1 });
    const { sink, events } = recorder();
    pool.subscribe(sink);
    const first = await pool.acquire();
    const waiter = watch(pool.acquire());
    await env.advance(700);
    first.release();
    await env.advance(40);
    got(waiter).release();
    pool.tryAcquire()!.release();
    await pool.use(() => env.advance(5));
    expect(only(events, 'acquired', 'released')).toEqual([
      ['acquired', 1, 0],
      ['released', 1, 700],
      ['acquired', 1, 700],
      ['released', 1, 40],
      ['acquired', 1, 0],
      ['released', 1, 0],
      ['acquired', 1, 0],
      ['released', 1, 5],
    ]);
  });

  test('an untimed sink gets no durations, and reads no clock while lending', async () => {
    const env = new VirtualEnv();
    const pool = new Pool({ name: 'orders', min: 0, factory: new FakeFactory(env) }, env);
    let reads = 0;
    const now = env.scheduler.now.bind(env.scheduler);
    env.scheduler.now = () => {
      reads++;
      return now();
    };
    const { sink, events } = recorder(false);
    pool.subscribe(sink);
    await pool.warm(1);
    await env.advance(100);
    reads = 0;
    const lease = await pool.acquire();
    await env.advance(100);
    lease.release();
    await pool.use(() => {});
    expect(reads).toBe(0);
    expect(only(events, 'acquired', 'released')).toEqual([
      ['acquired', 1, 0],
      ['released', 1, 0],
      ['acquired', 1, 0],
      ['released', 1, 0],
    ]);
  });

  test('without any sink the fast path reads no clock and sets no timer', async () => {
    const { env, pool } = makePool();
    await pool.warm(1);
    const timers = env.pendingTimers;
    const { scheduler } = env;
    const untouchable = jest.spyOn(scheduler, 'now').mockImplementation(() => {
      throw new Error('the clock was read');
    });
    for (let i = 0; i < 3; i++) {
      (await pool.acquire()).release();
      pool.tryAcquire()!.release();
      await pool.use(() => {});
    }
    expect(untouchable).not.toHaveBeenCalled();
    expect(env.pendingTimers).toBe(timers);
    untouchable.mockRestore();
  });

  test('a timed sink that comes while a resource is lent does not take the time before for its use', async () => {
    const { env, pool } = makePool({ leak: { warnAfterMs: Infinity } });
    await env.advance(500_000);
    const lease = await pool.acquire();
    await env.advance(1_000);
    const { sink, events } = recorder();
    pool.subscribe(sink);
    await env.advance(250);
    lease.release();
    expect(only(events, 'released')).toEqual([['released', 1, 250]]);
  });

  test('several hear the same; each can leave; one that throws disturbs nobody', async () => {
    const { pool } = makePool();
    const first = recorder();
    const second = recorder(false);
    const broken = new Proxy({} as PoolSink, {
      get: (_target, name) =>
        name === 'timed'
          ? false
          : () => {
              throw new Error('in the sink');
            },
    });
    const leave = pool.subscribe(first.sink);
    pool.subscribe(broken);
    pool.subscribe(second.sink);
    await pool.use(() => {});
    expect(second.events).toEqual(first.events);
    expect(first.events.length).toBe(4);
    leave();
    leave();
    await pool.use(() => {});
    expect(first.events.length).toBe(4);
    expect(second.events.length).toBe(6);
  });

  test('after the last one left nothing is told', async () => {
    const { pool } = makePool();
    const { sink, events } = recorder();
    pool.subscribe(sink)();
    await pool.use(() => {});
    expect(events).toEqual([]);
  });

  test('what is no sink is refused', () => {
    const { pool } = makePool();
    expect(() => pool.subscribe({} as PoolSink)).toThrow(OptionsError);
    expect(() => pool.subscribe(undefined as unknown as PoolSink)).toThrow(
      "subscribing to the pool 'orders'",
    );
  });
});

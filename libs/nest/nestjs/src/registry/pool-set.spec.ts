import { describe, expect, it, jest } from '@jest/globals';
import type { Plugin } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { PoolCloseError, PoolStartError } from '../index.js';
import { definePool, type PoolHooks } from '../testing/index.js';
import { PoolSet } from './pool-set.js';

const limits = { drainDeadlineMs: 10_000, closeTimeoutMs: 5_000 };
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

function setOf(pools: Record<string, PoolHooks>, plugins: Plugin[] = [], env = new VirtualEnv()) {
  const set = new PoolSet(plugins, env);
  for (const [name, hooks] of Object.entries(pools)) set.open(name, definePool({}, hooks));
  return { set, env };
}

describe('PoolSet.start', () => {
  it('starts all pools at once', async () => {
    const started: string[] = [];
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const hooks = (name: string): PoolHooks => ({
      start: () => {
        started.push(name);
        return gate;
      },
    });
    const { set } = setOf({ orders: hooks('orders'), pricing: hooks('pricing') });
    const starting = set.start();
    expect(started).toEqual(['orders', 'pricing']);
    letGo();
    await starting;
    expect(set.managed('orders')!.report().status).toBe('active');
  });

  it('closes the pools that started when one does not, and names each that did not', async () => {
    const closed: string[] = [];
    const close = (name: string) => () => void closed.push(name);
    const secret = Object.assign(new Error('password=hunter2'), { code: 'ECONNREFUSED' });
    const { set } = setOf({
      orders: { close: close('orders') },
      pricing: { start: () => Promise.reject(secret), close: close('pricing') },
      reports: {
        start: () => {
          throw new TypeError('also hunter2');
        },
        close: close('reports'),
      },
    });
    const error = await errorOf(set.start());
    expect(error).toBeInstanceOf(PoolStartError);
    expect(error).toMatchObject({
      code: 'POOL_START_FAILED',
      category: 'unavailable',
      failures: [{ name: 'pricing', error: secret }, { name: 'reports' }],
    });
    expect((error as Error).message).toContain("without pools 'pricing', 'reports'");
    expect((error as Error).message).toContain('pricing: Error (ECONNREFUSED)');
    expect((error as Error).message).not.toContain('hunter2');
    expect((error as Error).cause).toBeInstanceOf(AggregateError);
    expect(closed).toEqual(['orders', 'pricing', 'reports']);
  });
});

describe('PoolSet.close', () => {
  it('drains before it closes, detaches plugins after, and does it once', async () => {
    const log: string[] = [];
    const plugin: Plugin = {
      name: 'watch',
      attach: ({ name }) => {
        log.push(`attach ${name}`);
        return () => void log.push(`detach ${name}`);
      },
      close: async () => void log.push('plugin closed'),
    };
    const { set, env } = setOf(
      { orders: { drain: (ms) => void log.push(`drain ${ms}`), close: () => void log.push('close') } },
      [plugin],
    );
    await Promise.all([set.close(limits), set.close(limits)]);
    expect(log).toEqual(['attach orders', 'drain 10000', 'close', 'detach orders', 'plugin closed']);
    expect(env.pendingTimers).toBe(0);
  });

  it('case 31: one failing close leaves none of the rest open', async () => {
    const closed: string[] = [];
    const detached: string[] = [];
    const plugins: Plugin[] = ['first', 'second'].map((name) => ({
      name,
      attach: (managed) => () => {
        detached.push(`${name} ${managed.name}`);
        if (name === 'first') throw new Error('detach');
      },
      close: () => {
        if (name === 'first') throw new Error('synchronous');
        closed.push(name);
        return Promise.resolve();
      },
    }));
    const { set } = setOf(
      {
        orders: {
          close: () => {
            closed.push('orders');
            throw new Error('synchronous');
          },
        },
        pricing: {
          drain: () => Promise.reject(new Error('drain')),
          close: () => void closed.push('pricing'),
        },
        reports: { close: () => void closed.push('reports') },
      },
      plugins,
    );
    const error = await errorOf(set.close(limits));
    expect(error).toBeInstanceOf(PoolCloseError);
    expect((error as PoolCloseError).failures.map(({ name }) => name)).toEqual([
      'orders',
      'pricing',
      'first',
      'first',
      'first',
      'first',
    ]);
    expect(closed.toSorted()).toEqual(['orders', 'pricing', 'reports', 'second']);
    expect(detached).toHaveLength(6);
  });

  it('gives up a pool that hangs, and closes it all the same when it hangs in its drain', async () => {
    const close = jest.fn<() => void>();
    const never = () => new Promise<void>(() => {});
    const { set, env } = setOf({ orders: { drain: never, close }, pricing: { close: never } });
    const closing = errorOf(set.close(limits));
    await env.advance(14_999);
    expect(close).not.toHaveBeenCalled();
    await env.advance(1);
    expect(close).toHaveBeenCalledTimes(1);
    const error = await closing;
    expect(error).toMatchObject({ code: 'POOL_CLOSE_FAILED' });
    expect((error as Error).message).toContain("Draining pool 'orders' did not close within 15000 ms");
    expect((error as Error).message).toContain("Pool 'pricing' did not close within 5000 ms");
    expect(env.pendingTimers).toBe(0);
  });
});

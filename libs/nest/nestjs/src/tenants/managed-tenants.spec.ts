import { describe, expect, it, jest } from '@jest/globals';
import { nodeReport } from '../testing/index.js';
import { errorOf, gate, opened } from './tenants.fixture.js';

describe('pools of tenants that are managed', () => {
  it('reports the open ones as one, opens none for it, and passes actions on', async () => {
    const called: unknown[] = [];
    const { pools, managed, log } = opened({}, (tenant) => ({
      report: () => ({ serving: false, nodes: { [`orders.${tenant}`]: nodeReport({ healthy: false }) } }),
      suspended: (on) => void called.push([tenant, on]),
      tune: (options) => void called.push([tenant, options]),
      evict: (reason) => void called.push([tenant, reason]),
    }));
    await managed.start();
    expect(managed.report()).toMatchObject({ kind: 'tenants', status: 'active', serving: true, nodes: {} });
    expect(log).toEqual([]);
    await pools.get('a');
    // Its server is down; other tenants are served.
    expect(managed.report()).toMatchObject({ serving: true, nodes: { 'orders.a': { healthy: false } } });
    managed.suspend();
    await pools.get('b');
    managed.resume();
    managed.tune({ max: 3 });
    managed.evict('rotated');
    expect(called).toEqual([
      ['a', true],
      ['b', true],
      ['a', false],
      ['b', false],
      ['a', { max: 3 }],
      ['b', { max: 3 }],
      ['a', 'rotated'],
      ['b', 'rotated'],
    ]);
    await managed.close();
  });

  it('lets sinks hear of pools that are open and of those that come, until they go', async () => {
    const heard: string[] = [];
    const { pools, managed } = opened({}, (tenant) => ({
      subscribe: () => {
        heard.push(`+${tenant}`);
        return () => void heard.push(`-${tenant}`);
      },
    }));
    await pools.get('a');
    const unsubscribe = managed.subscribe({});
    await pools.get('b');
    await pools.close('a');
    expect(heard).toEqual(['+a', '+b', '-a']);
    unsubscribe();
    expect(heard).toEqual(['+a', '+b', '-a', '-b']);
    await pools.get('c');
    expect(heard).toHaveLength(4);
    await managed.close();
  });

  it('lets work finish when it drains, closes all, and opens none after', async () => {
    const { pools, managed, log, env } = opened();
    const { passed, open } = gate();
    await pools.get('idle');
    const using = pools.use('busy', () => passed);
    await env.advance(0);
    const draining = managed.drain({ deadlineMs: 5_000 });
    expect(managed.report()).toMatchObject({ status: 'draining', serving: false });
    await env.advance(10);
    expect(log).toContain('close idle');
    expect(log).not.toContain('close busy');
    open();
    await using;
    await draining;
    expect(log).toContain('close busy');
    expect(await errorOf(pools.get('late'))).toMatchObject({ code: 'POOL_CLOSED' });
    await managed.close();
    expect(managed.report().status).toBe('closed');
    expect(env.pendingTimers).toBe(0);
  });

  it('does not keep the shutdown waiting for a pool that hangs when it starts', async () => {
    const close = jest.fn<() => void>();
    const { pools, managed, env } = opened({}, () => ({ start: () => new Promise(() => {}), close }));
    const waiting = errorOf(pools.get('a'));
    await env.advance(1);
    const closing = managed.close();
    await env.advance(20_000);
    await closing;
    expect(await waiting).toMatchObject({ code: 'POOL_CLOSED' });
    expect(close).toHaveBeenCalled();
  });
});

import { describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { PoolCreateError, PoolKeysExhaustedError } from '@nest-pooling/pool';
import { runAsTenant, TenantLookupTimeoutError, TenantMissingError, TenantPools, tenants } from '../index.js';
import { definePool } from '../testing/index.js';
import { errorOf, gate, opened, type Face } from './tenants.fixture.js';

describe('tenants', () => {
  it('opens a pool at the first use of a tenant, once for all who come at the same time', async () => {
    const { pools, managed, log } = opened();
    await managed.start();
    expect(pools).toBeInstanceOf(TenantPools);
    expect(pools.name).toBe('orders');
    expect(log).toEqual([]);
    const faces = await Promise.all([
      pools.use('acme', (pool) => pool),
      pools.use('acme', async (pool) => pool),
      pools.get('acme'),
    ]);
    expect(new Set(faces).size).toBe(1);
    expect(faces[0]).toEqual({ tenant: 'acme' });
    expect(log).toEqual(['create acme', 'open orders.acme']);
    expect(pools.tenants()).toEqual(['acme']);
    await managed.close();
  });

  it('closes the least recently used one at the limit, and lets it finish what it was given', async () => {
    const { pools, managed, log } = opened({ max: 2 });
    for (const tenant of ['a', 'b', 'a', 'c']) await pools.get(tenant);
    expect(pools.tenants()).toEqual(['c', 'a']);
    expect(log).toContain('drain b 10000');
    await managed.close();
  });

  it('closes none that is in use, and refuses the next one when all are', async () => {
    const { pools, managed } = opened({ max: 1 });
    const { passed, open } = gate();
    const using = pools.use('a', () => passed);
    await pools.get('a');
    const error = await errorOf(pools.get('b'));
    expect(error).toBeInstanceOf(PoolKeysExhaustedError);
    expect(pools.tenants()).toEqual(['a']);
    open();
    await using;
    await pools.get('b');
    expect(pools.tenants()).toEqual(['b']);
    await managed.close();
  });

  it('closes one that nobody used for long, and opens it again', async () => {
    const { pools, managed, env, log } = opened({ idleTimeoutMs: 1_000 });
    await pools.get('a');
    await env.advance(1_200);
    expect(log).toContain('close a');
    expect(managed.report().nodes).toEqual({});
    await pools.get('a');
    expect(log.filter((line) => line === 'create a')).toHaveLength(2);
    await managed.close();
    expect(env.pendingTimers).toBe(0);
  });

  it('passes on what create throws, and a tenant that does not exist costs no other its pool', async () => {
    const unknown = new Error('no such tenant');
    const { pools, managed } = opened({
      max: 1,
      create: async (tenant) => {
        if (tenant !== 'a') throw unknown;
        return definePool({ tenant });
      },
    });
    await pools.get('a');
    expect(await errorOf(pools.get('made-up'))).toBe(unknown);
    expect(pools.tenants()).toEqual(['a']);
    await managed.close();
  });

  it('tells at once why a pool does not start, and tries with a new one later', async () => {
    const down = new Error('ECONNREFUSED');
    let failing = true;
    const { pools, managed, env, log } = opened({}, () => ({
      start: () => (failing ? Promise.reject(down) : undefined),
    }));
    const error = await errorOf(pools.get('a'));
    expect(error).toBeInstanceOf(PoolCreateError);
    expect((error as Error).cause).toBe(down);
    expect(log).toContain('close a');
    failing = false;
    await env.advance(30_000);
    expect(await pools.get('a')).toEqual({ tenant: 'a' });
    await managed.close();
  });

  it('tells wrong options of a definition as what they are', async () => {
    const wrong = new OptionsError('x', ['y: z']);
    const throwing = definePool((): Face => {
      throw wrong;
    });
    const { pools, managed } = opened({ create: () => throwing });
    expect(await errorOf(pools.get('a'))).toBe(wrong);
    await managed.close();
  });

  it('gives up a lookup that hangs, after its own time or the caller’s', async () => {
    const { pools, managed, env } = opened({ create: () => new Promise(() => {}), lookupTimeoutMs: 300 });
    const [own, short] = [errorOf(pools.get('a')), errorOf(pools.get('a', { timeoutMs: 20 }))];
    await env.advance(20);
    expect(await short).toBeInstanceOf(TenantLookupTimeoutError);
    await env.advance(280);
    expect(await own).toMatchObject({ code: 'TENANT_LOOKUP_TIMEOUT', category: 'timeout', tenant: 'a' });
    await managed.close();
    expect(env.pendingTimers).toBe(0);
  });

  it('knows the tenant of the scope', async () => {
    const { pools, managed } = opened();
    expect(await runAsTenant('acme', () => pools.useCurrent((pool) => pool.tenant))).toBe('acme');
    const nested = runAsTenant('outer', () => runAsTenant('inner', () => pools.current()));
    expect(nested).toBe('inner');
    expect(await errorOf(pools.useCurrent((pool) => pool))).toBeInstanceOf(TenantMissingError);
    expect(() => runAsTenant('', () => 1)).toThrow(OptionsError);
    expect(await errorOf(pools.get(''))).toBeInstanceOf(OptionsError);
    await managed.close();
  });

  it('refuses wrong options, all at once, when it is opened', async () => {
    const open = () => tenants({ create: 1, max: 0, maxx: 1 } as never).open('orders', new VirtualEnv());
    expect(open).toThrow(OptionsError);
    expect(open).toThrow(
      /maxx: is unknown; did you mean max\?[^]*create: must be a function[^]*max: must be/,
    );
    const { pools, managed } = opened({ create: () => 'postgres://u:hunter2@h' as never });
    const error = await errorOf(pools.get('a'));
    expect(error).toBeInstanceOf(OptionsError);
    expect((error as Error).message).toContain("create('a'): must give a definition");
    expect((error as Error).message).not.toContain('hunter2');
    await managed.close();
  });
});

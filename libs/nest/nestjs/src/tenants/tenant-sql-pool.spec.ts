import { describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { SqlPool, type SqlConnection } from '@nest-pooling/sql';
import {
  InjectPool,
  InjectTenants,
  PoolFaceError,
  PoolingModule,
  PoolProber,
  PoolRegistry,
  runAsTenant,
  sqlTenants,
  TenantMissingError,
  TenantPools,
  tenants,
  TenantSqlPool,
} from '../index.js';
import { definePool, type PoolHooks } from '../testing/index.js';

const silent = new ConsoleLogger({ logLevels: [] });
/** Answers with what was asked of it. */
function sqlPool(tenant: string): SqlPool {
  return Object.assign(Object.create(SqlPool.prototype) as object, {
    name: tenant,
    query: async (...args: unknown[]) => ({ rows: [tenant, ...args] }),
    async *stream(text: string) {
      yield `${tenant} ${text} 1`;
      yield `${tenant} ${text} 2`;
    },
    transaction: (work: (tx: SqlConnection) => Promise<unknown>) => work({ node: tenant } as never),
    use: (work: (connection: SqlConnection) => Promise<unknown>) => work({ node: tenant } as never),
    outside: (work: () => Promise<unknown>) => work(),
    ping: async () => ({ [tenant]: { ok: true, ms: 1 } }),
  }) as unknown as SqlPool;
}

function opened(max = 10, hooks: PoolHooks = {}) {
  const env = new VirtualEnv();
  const definition = sqlTenants({ max, create: async (tenant) => definePool(sqlPool(tenant), hooks) });
  const managed = definition.open('orders', env);
  return { env, managed, pool: managed.face };
}

describe('TenantSqlPool', () => {
  it('is a SqlPool whose calls go to the pool of the tenant of the scope', async () => {
    const { pool, managed } = opened();
    expect(pool).toBeInstanceOf(SqlPool);
    await runAsTenant('acme', async () => {
      expect((await pool.query('SELECT', [1], { label: 'x' })).rows).toEqual([
        'acme',
        'SELECT',
        [1],
        { label: 'x' },
      ]);
      expect(await pool.transaction(async (tx) => tx.node)).toBe('acme');
      expect(await pool.use(async (connection) => connection.node)).toBe('acme');
      expect(await pool.outside(async () => 'out')).toBe('out');
    });
    expect(await pool.tenants.use('other', async (own) => own.name)).toBe('other');
    await managed.close();
  });

  it('refuses calls outside of any tenant', async () => {
    const { pool, managed } = opened();
    const calls = [
      pool.query('SELECT'),
      pool.transaction(async () => {}),
      pool.use(async () => {}),
      pool.outside(async () => {}),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ reason: expect.any(TenantMissingError) });
    }
    expect(() => pool.stream('SELECT')).toThrow(TenantMissingError);
    await managed.close();
  });

  it('keeps the pool while a stream is read, for the tenant that asked', async () => {
    const { pool, managed } = opened(1);
    const stream = runAsTenant('acme', () => pool.stream<string>('SELECT'));
    const rows: string[] = [];
    for await (const row of stream) {
      rows.push(row);
      // The only place is taken.
      await expect(pool.tenants.get('other')).rejects.toMatchObject({ code: 'POOL_KEYS_EXHAUSTED' });
    }
    expect(rows).toEqual(['acme SELECT 1', 'acme SELECT 2']);
    await pool.tenants.get('other');
    await managed.close();
  });

  it('takes what opening the pool took off the time of the call', async () => {
    let letStart = (): void => {};
    const { pool, managed, env } = opened(1, { start: () => new Promise((resolve) => (letStart = resolve)) });
    const answer = runAsTenant('acme', () => pool.query('SELECT', [], { timeoutMs: 1_000 }));
    await env.advance(400);
    letStart();
    expect((await answer).rows).toEqual(['acme', 'SELECT', [], { timeoutMs: 600 }]);
    await managed.close();
  });

  it('probes the open pools only, and that does not count as using them', async () => {
    const { pool, managed } = opened(2);
    expect(await pool.ping()).toEqual({});
    await pool.tenants.get('a');
    await pool.tenants.get('b');
    expect(await pool.ping()).toEqual({ a: { ok: true, ms: 1 }, b: { ok: true, ms: 1 } });
    expect(pool.tenants.tenants()).toEqual(['b', 'a']);
    await managed.close();
  });
});

describe('pools of tenants in an application', () => {
  const create = (tenant: string) => definePool(sqlPool(tenant));

  it('are injected, reported healthy while none is open, and closed at the end', async () => {
    @Injectable()
    class Orders {
      @InjectTenants('tenanted') readonly byTenant!: TenantPools<SqlPool>;
      constructor(
        @InjectPool('routed') readonly current: SqlPool,
        @InjectPool('routed') readonly own: TenantSqlPool,
      ) {}
    }
    const pools = PoolingModule.forRoot({
      pools: { tenanted: tenants({ create }), routed: sqlTenants({ create }) },
    });
    const module = await Test.createTestingModule({ imports: [pools], providers: [Orders] })
      .setLogger(silent)
      .compile();
    await module.init();
    const orders = module.get(Orders);
    expect(orders.current).toBe(orders.own);
    expect(module.get(PoolRegistry).report()).toEqual({ overall: 'healthy', pools: {} });
    expect(await module.get(PoolProber).pingAll()).toEqual({
      status: 'up',
      pools: { routed: { status: 'up', nodes: {} } },
    });
    await orders.byTenant.get('acme');
    await runAsTenant('acme', () => orders.current.query('SELECT'));
    expect((await module.get(PoolProber).pingAll()).pools).toMatchObject({
      routed: { nodes: { acme: { ok: true } } },
    });
    await module.close();
    await expect(orders.byTenant.get('acme')).rejects.toMatchObject({ code: 'POOL_CLOSED' });
  });

  it('InjectTenants refuses a pool that has none', async () => {
    @Injectable()
    class Orders {
      constructor(@InjectTenants('tenanted') readonly byTenant: TenantPools<SqlPool>) {}
    }
    const pools = PoolingModule.forRoot({ pools: { tenanted: create('x') } });
    const booting = Test.createTestingModule({ imports: [pools], providers: [Orders] })
      .setLogger(silent)
      .compile();
    await expect(booting).rejects.toBeInstanceOf(PoolFaceError);
    await expect(booting).rejects.toThrow('as TenantPools');
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, type INestApplicationContext } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import type { NodeReport } from '@nest-pooling/routing';
import { PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';
import { PoolHealthIndicator } from './index.js';

let app: INestApplicationContext | undefined;

const node = (id: string, seen: Partial<NodeReport> = {}): NodeReport =>
  ({ id, takesWrites: false, inRotation: true, lagMs: 0, ...seen }) as NodeReport;
const primary = node('primary', { takesWrites: true });

async function indicatorOf(...nodes: NodeReport[]): Promise<PoolHealthIndicator> {
  const pools = { routed: definePool({ nodes: () => nodes }), pricing: definePool({ get: () => 1 }) };
  const module = await Test.createTestingModule({
    imports: [TerminusModule, PoolingModule.forRoot({ env: new VirtualEnv(), pools })],
    providers: [PoolHealthIndicator],
  })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
  app = await module.init();
  return app.get(PoolHealthIndicator);
}

afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('PoolHealthIndicator.router', () => {
  it('is up with its primary and a replica, and shows the lag of each node', async () => {
    const indicator = await indicatorOf(primary, node('replica-1', { lagMs: 12, reason: 'secret' }));
    expect(indicator.router('r', 'routed')).toEqual({
      r: {
        status: 'up',
        primary: 'primary',
        replicas: 1,
        nodes: { primary: { inRotation: true, lagMs: 0 }, 'replica-1': { inRotation: true, lagMs: 12 } },
      },
    });
  });

  it.each([
    [{ inRotation: false }, {}, 'down'],
    [{ inRotation: false }, { withoutPrimary: 'degraded' }, 'degraded'],
    [{ takesWrites: false }, {}, 'down'],
  ] as const)('with a primary that is %p and %p it is %s', async (seen, options, status) => {
    const indicator = await indicatorOf({ ...primary, ...seen }, node('replica-1'));
    expect(indicator.router('r', 'routed', options)).toMatchObject({ r: { status, primary: null } });
  });

  it.each([
    [{}, 'up', 3],
    [{ minReplicas: 3 }, 'up', 3],
    [{ minReplicas: 4 }, 'degraded', 3],
    [{ minReplicas: 4, withoutReplicas: 'down' }, 'down', 3],
    [{ maxLagMs: 500 }, 'up', 1],
    [{ maxLagMs: 499 }, 'degraded', 0],
    [{ maxLagMs: 499, minReplicas: 0 }, 'up', 0],
  ] as const)('of three replicas, %p makes it %s: %i count', async (options, status, replicas) => {
    const indicator = await indicatorOf(
      primary,
      node('replica-1', { lagMs: 500 }),
      node('replica-2', { lagMs: 900 }),
      node('replica-3', { lagMs: null }),
      node('replica-4', { inRotation: false }),
    );
    expect(indicator.router('r', 'routed', options)).toMatchObject({ r: { status, replicas } });
  });

  it('refuses bounds that cannot be used, a pool that is no router and a name that does not exist', async () => {
    const indicator = await indicatorOf(primary);
    const wrong = () =>
      indicator.router('r', 'routed', { minReplicas: -1, maxLagMs: -1, withoutPrimary: 'up' as 'down' });
    expect(wrong).toThrow('minReplicas: must be');
    expect(wrong).toThrow('maxLagMs: must be');
    expect(wrong).toThrow('withoutPrimary: must be one of down, degraded');
    expect(() => indicator.router('r', 'pricing' as 'routed')).toThrow(
      "PoolHealthIndicator takes pool 'pricing' as ReadReplicaRouter (router), but its face is Object. Name a pool that has replicas.",
    );
    expect(() => indicator.router('r', 'rooted' as 'routed')).toThrow("Did you mean 'routed'?");
  });
});

import { randomBytes } from 'node:crypto';
import { PoolingModule, type PoolsOf } from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import { branchPools } from './branches/branches.js';
import { classifyPricing } from './pricing/pricing-failure.js';
import { Servers } from './servers/servers.js';

/** The shop's pools. Names and types of `@InjectPool` and `@InjectRouter` are inferred from this constant. */
export const pools = PoolingModule.forRootAsync({
  pools: ['orders', 'analytics', 'branches'],
  inject: [Servers],
  breakers: {
    // After three failures in a row the pricing service is left in peace for two seconds.
    pricing: { failureThreshold: 3, openMs: 2_000, maxOpenMs: 10_000, classify: classifyPricing },
  },
  // Whoever sends requests asks /health/ready more often than that. In a real one: two periods of its probes.
  shutdownDelayMs: 500,
  useFactory: (servers: Servers) => ({
    orders: postgres({
      primary: { url: servers.cluster.primary.url },
      replicas: servers.cluster.replicas.map(({ url }) => ({ url })),
      pool: { min: 2, max: 20 },
      routing: {
        strategy: 'least-loaded',
        // A demo's replicas are killed again and again; by default each time in a row keeps them out for longer.
        health: { maxEjectionMs: 2_000 },
        consistency: 'read-your-writes',
        // Several instances of a shop have one key, from their configuration.
        tokens: { keys: [randomBytes(32)] },
      },
    }),
    analytics: servers.analytics.pool,
    branches: branchPools(servers),
  }),
});

declare module '@nest-pooling/nestjs' {
  interface PoolRegistryTypes extends PoolsOf<typeof pools> {}
}

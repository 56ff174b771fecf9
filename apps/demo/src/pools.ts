import { randomBytes } from 'node:crypto';
import { PoolingModule, type PoolsOf } from '@nest-pooling/nestjs';
import { postgres } from '@nest-pooling/postgres';
import { Servers } from './servers/servers.js';

/** The shop's pools. Names and types of `@InjectPool` and `@InjectRouter` are inferred from this constant. */
export const pools = PoolingModule.forRootAsync({
  pools: ['orders', 'analytics'],
  inject: [Servers],
  useFactory: ({ cluster, analytics }: Servers) => ({
    orders: postgres({
      primary: { url: cluster.primary.url },
      replicas: cluster.replicas.map(({ url }) => ({ url })),
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
    analytics: analytics.pool,
  }),
});

declare module '@nest-pooling/nestjs' {
  interface PoolRegistryTypes extends PoolsOf<typeof pools> {}
}

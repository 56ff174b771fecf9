import type { PostgresCluster } from '@nest-pooling/services';
import type { AnalyticsStore } from '../analytics/analytics-store.js';
import type { PricingUpstream } from './pricing-upstream.js';

/** The servers that the demo has started for itself. A real application would have a configuration here. */
export class Servers {
  constructor(
    /** A primary and two replicas with the database of the orders. */
    readonly cluster: PostgresCluster,
    /** Knows the prices. */
    readonly pricing: PricingUpstream,
    /** The database of the analytics. */
    readonly analytics: AnalyticsStore,
  ) {}
}

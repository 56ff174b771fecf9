import { startPostgresCluster } from '@nest-pooling/services';
import { mariadbStore, sqliteStore } from '../analytics/analytics-store.js';
import type { Closing } from '../process/closing.js';
import type { AnalyticsChoice } from '../process/problems.js';
import { PricingUpstream } from './pricing-upstream.js';
import { Servers } from './servers.js';
import { startMariadb } from './start-mariadb.js';

/** Starts everything that the shop needs; what is up is in `closing`, also when the rest fails. */
export async function startServers(choice: AnalyticsChoice, closing: Closing): Promise<Servers> {
  const warn = (text: string): void => void process.stderr.write(`${text}\n`);
  // Side by side. It never rejects, and whatever fails beside it waits for it, so that it is not left behind.
  const starting = choice === 'sqlite' ? Promise.resolve(undefined) : startMariadb(closing, warn);
  try {
    const cluster = await startPostgresCluster({ replicas: 2, database: 'orders' });
    closing.add('the Postgres servers', () => cluster.stop());
    const pricing = await PricingUpstream.start();
    closing.add('the pricing service', () => pricing.stop());
    const mariadb = await starting;
    // The file ends and is removed with the folder.
    const analytics = mariadb === undefined ? await sqliteStore(cluster.folder) : mariadbStore(mariadb);
    return new Servers(cluster, pricing, analytics);
  } finally {
    await starting;
  }
}

import { mariadbAvailable, startMariadbCluster, type MariadbCluster } from '@nest-pooling/services';
import type { Closing } from '../process/closing.js';

/**
 * Starts a MariaDB for the analytics. Where that is not possible the demo goes on without it: `undefined`, and `warn` hears why.
 * Never rejects.
 */
export async function startMariadb(
  closing: Closing,
  warn: (text: string) => void,
): Promise<MariadbCluster | undefined> {
  const reason = await tryToStart(closing);
  if (typeof reason !== 'string') return reason;
  warn(`No MariaDB could be started, so the analytics are in SQLite: ${reason}`);
  return undefined;
}

async function tryToStart(closing: Closing): Promise<MariadbCluster | string> {
  const found = await mariadbAvailable();
  if (!found.available) return found.reason;
  try {
    const cluster = await startMariadbCluster({ replicas: 0, database: 'analytics' });
    closing.add('the MariaDB server', () => cluster.stop());
    return cluster;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

import { systemEnv } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import type { Row } from '@nest-pooling/report';
import { startPostgresCluster } from '@nest-pooling/services';
import { runFaults, type Opened } from '../faults/run-faults.js';

/** What a Postgres pool makes of a server that is killed or frozen, and of a way to it that is cut. */
export async function postgresFaults(): Promise<Row[]> {
  await using cluster = await startPostgresCluster({ replicas: 0 });
  const server = cluster.primary;
  // Awaited here: the servers go when this function is left.
  return await runFaults({
    server,
    watcherUrl: server.url,
    parameter: '$1',
    items: [
      'CREATE TABLE item (id int PRIMARY KEY, value text NOT NULL)',
      `INSERT INTO item SELECT n, 'value ' || n FROM generate_series(1, 1000) n`,
    ],
    sessions: `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'shop'`,
    pool: (url, pool) =>
      postgres({ primary: { url }, pool, session: { applicationName: 'shop' } }).open('shop', systemEnv)
        .face as Opened,
    watcher: (url) =>
      postgres({ primary: { url }, pool: { min: 0, max: 1 } }).open('watcher', systemEnv).face as Opened,
  });
}

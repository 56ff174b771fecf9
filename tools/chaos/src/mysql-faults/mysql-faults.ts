import { systemEnv } from '@nest-pooling/core';
import { mysql } from '@nest-pooling/mysql';
import type { Row } from '@nest-pooling/report';
import { startMariadbCluster } from '@nest-pooling/services';
import { runFaults, type Opened } from '../faults/run-faults.js';

/** What a MySQL pool makes of a MariaDB that is killed or frozen, and of a way to it that is cut. */
export async function mysqlFaults(): Promise<Row[]> {
  await using cluster = await startMariadbCluster({ replicas: 0, user: 'shop', database: 'shop' });
  const server = cluster.primary;
  // Awaited here: the servers go when this function is left.
  return await runFaults({
    server,
    watcherUrl: server.rootUrl,
    parameter: '?',
    items: [
      'CREATE TABLE item (id int PRIMARY KEY, value varchar(40) NOT NULL)',
      `INSERT INTO item SELECT seq, concat('value ', seq) FROM seq_1_to_1000`,
    ],
    sessions: `SELECT count(*) AS n FROM information_schema.processlist WHERE user = 'shop'`,
    pool: (url, pool) => mysql({ primary: { url }, pool }).open('shop', systemEnv).face as Opened,
    watcher: (url) =>
      mysql({ primary: { url }, pool: { min: 0, max: 1 } }).open('watcher', systemEnv).face as Opened,
  });
}

import type { Report } from '@nest-pooling/report';
import { onFamily } from '../frame/scene.js';
import { readAfterWrite } from './causal.js';
import { failOver } from './failover.js';
import { loseReplica } from './replica-loss.js';

/** A commit is on a replica before it is acknowledged, unless none takes it for so long: none does while a cluster starts. */
const SEMI_SYNC = {
  rpl_semi_sync_master_enabled: 'ON',
  rpl_semi_sync_slave_enabled: 'ON',
  rpl_semi_sync_master_wait_point: 'AFTER_SYNC',
  rpl_semi_sync_master_timeout: 3_000,
};

/** A killed replica, reads right after writes, and a promotion, on a MariaDB primary with two replicas by GTID. */
export async function mariadb(): Promise<Report> {
  const reports = [
    await onFamily('mariadb', (scene) => loseReplica(scene, 'MariaDB, replica killed')),
    await onFamily('mariadb', (scene) => readAfterWrite(scene, 'MariaDB, read right after write')),
    await onFamily('mariadb', (scene) => failOver(scene, 'MariaDB, failover, semi-synchronous', true), {
      cluster: { settings: SEMI_SYNC },
    }),
    await onFamily('mariadb', (scene) => failOver(scene, 'MariaDB, failover, asynchronous', false)),
  ];
  return { notes: reports.flatMap(({ notes }) => notes), rows: reports.flatMap(({ rows }) => rows) };
}

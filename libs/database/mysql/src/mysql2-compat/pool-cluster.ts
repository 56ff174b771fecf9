/* oxlint-disable no-underscore-dangle -- mysql2's own, which its pool works with */
import mysql2, { type PoolCluster, type PoolClusterOptions } from 'mysql2';
import type { CompatOptions } from './config.js';
import { createPool } from './pool.js';

/** The parts of mysql2's cluster that its own `add` works with. */
interface ClusterInsides {
  _lastId: number;
  readonly _nodes: Record<string, unknown>;
  readonly _serviceableNodeIds: string[];
  _clearFindCaches(): void;
}

/**
 * A drop-in for `createPoolCluster` of `mysql2`: its cluster, with pools of ours ({@link createPool}). TypeORM's option `replication`
 * runs on it. It chooses, removes and restores its nodes as mysql2 does, and knows nothing of roles, of lag or of a failover: that is what a
 * `ReadReplicaRouter` with `mysql2Pool` is for.
 */
export function createPoolCluster(options?: PoolClusterOptions): PoolCluster {
  const cluster = mysql2.createPoolCluster(options);
  const inner = cluster as unknown as ClusterInsides;
  const add = (id: string | CompatOptions, given?: CompatOptions | string): void => {
    const name = typeof id === 'object' ? `CLUSTER::${++inner._lastId}` : id;
    if (inner._nodes[name] !== undefined) return;
    const pool = createPool(typeof id === 'object' ? id : given!);
    inner._nodes[name] = { id: name, errorCount: 0, pool, _offlineUntil: 0 };
    inner._serviceableNodeIds.push(name);
    inner._clearFindCaches();
  };
  return Object.assign(cluster, { add });
}

import type { QueryOptions } from './sql-pool.js';

/** Options of a statement that is meant for one node. */
export interface NodeQueryOptions extends QueryOptions {
  /**
   * Runs it only on a session that refuses writes; it is not sent, and rejects with `POOL_ABANDONED`, where its turn comes on another one:
   * the node may have become the primary while it waited. For what may have written elsewhere already, should it be no read. Default `false`.
   */
  readonly harmless?: boolean;
}

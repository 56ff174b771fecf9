import type { StatementBook } from './lanes/statement-book.js';
import { toSqlError } from './run-statement.js';
import type { SessionSource } from './session-source.js';
import type { SqlNode } from './sql-node.js';

/** The sessions of one node, for everything. */
export function sessionsOf(node: SqlNode, book: StatementBook): SessionSource {
  return {
    nodes: [node],
    routes: false,
    profile: (text) => book.profile(text),
    borrow: async (options) => ({ node, lease: await node.pool.acquire(options) }),
    failed: ({ lease }, error) => {
      if (lease.active) toSqlError(node, lease.resource, error, false);
      return 'final';
    },
  };
}

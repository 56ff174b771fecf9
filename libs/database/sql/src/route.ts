import { contextKey, type ContextKey } from '@nest-pooling/core';

/**
 * What a read must see.
 *
 * - `eventual`: whatever the node has
 * - `bounded`: everything that was committed more than `maxLagMs` ago
 * - `read-your-writes`: everything that its own caller has written before, here or, with a token, elsewhere
 * - `strong`: everything that was committed before it; the primary serves it
 */
export type Consistency = 'eventual' | 'bounded' | 'read-your-writes' | 'strong';

/** How statements of a scope are routed, unless a call says otherwise. A single node has nothing to route. */
export interface Route {
  /** `write` sends all to the primary; `read` lets `use` and `transaction` have a replica, and changes nothing for what writes. */
  readonly access?: 'read' | 'write';
  /** What reads must see. */
  readonly consistency?: Consistency;
  /** How far behind a node may be that serves a read, in milliseconds. */
  readonly maxLagMs?: number;
  /** The name of the strategy that chooses among nodes. */
  readonly strategy?: string;
}

/** The route of the current asynchronous flow: decorators write it, routers read it. A call's own options come first. */
export const routeKey: ContextKey<Route> = contextKey('sql.route');

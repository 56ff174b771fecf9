import { OptionsError } from '@nest-pooling/core';
import type { AcquireOptions, Lease } from '@nest-pooling/pool';
import type { Profile } from './lanes/statement-book.js';
import type { NodeSession } from './node-session.js';
import type { SqlNode } from './sql-node.js';
import type { SqlPool } from './sql-pool.js';

/** The key of a method that is of no use to applications: see {@link sessionSourceOf}. */
export const sessionSource: unique symbol = Symbol.for('nest-pooling.sql.sessionSource') as never;

/** What becomes of a read that failed on a node: another one can run it, only the primary can, or it would fail everywhere. */
export type ReadVerdict = 'elsewhere' | 'primary' | 'final';

/** A session that somebody has for as long as he likes, and returns by ending or discarding its lease. */
export interface BorrowedSession {
  /** Whose session it is. */
  readonly node: SqlNode;
  /** The borrowing. */
  readonly lease: Lease<NodeSession>;
  /** To be called when the lease was ended or discarded. */
  readonly returned?: () => void;
}

/** Which session is wanted. */
export interface BorrowOptions extends AcquireOptions {
  /** `read`: on a router, a replica. */
  readonly access: 'read' | 'write';
  /** For a read: nodes that were tried in vain. */
  readonly tried?: readonly SqlNode[];
}

/** Whole sessions of a pool, outside of any transaction of its own: for the packages of drivers. */
export interface SessionSource {
  /** All nodes; the one that takes writes first. */
  readonly nodes: readonly SqlNode[];
  /** Whether reads may run elsewhere than writes. */
  readonly routes: boolean;
  /** What is known about a text; a statement that turned out to write has `pace.writes`. */
  profile(text: string): Profile;
  /** Borrows one. Rejects as `Pool.acquire` does, and with the router's errors. */
  borrow(options: BorrowOptions): Promise<BorrowedSession>;
  /** Tells the pool what a statement on a borrowed session has met; the error is the driver's own. */
  failed(session: BorrowedSession, error: unknown): ReadVerdict;
}

/**
 * The sessions of a pool, for the packages of drivers.
 * @throws OptionsError when the pool is not one of this house
 */
export function sessionSourceOf(pool: SqlPool): SessionSource {
  const { [sessionSource]: source } = pool as { [sessionSource]?: () => SessionSource };
  if (source !== undefined) return source.call(pool);
  throw new OptionsError('the pool', ['pool: must be a SqlPool that a definition of this house has opened']);
}

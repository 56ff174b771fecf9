import type { PoolSettings } from '@nest-pooling/pool';
import type { Lane, NodeTarget, ServerIdentity, SqlDriver } from './driver.js';
import type { SqlSettings } from './sql-settings.js';

/** What makes a `SqlNode`. */
export interface SqlNodeOptions {
  /** The port to this kind of server. */
  readonly driver: SqlDriver;
  /** Where the server is and how to log in. */
  readonly target: NodeTarget;
  /** Which sessions the node's pool holds at first: `read` ones refuse writes on the server. */
  readonly lane: Lane;
  /** The pool of sessions. */
  readonly pool: PoolSettings;
  /** A statement that runs for longer has lost its server: its session is destroyed. In milliseconds. */
  readonly queryTimeoutMs: number;
  /** Whether reads of several callers share sessions, where the driver can pipeline and no proxy is in between. Default `true`. */
  readonly multiplex?: boolean;
  /** What its pool wants of every statement and transaction. */
  readonly settings?: SqlSettings;
  /**
   * Called when a session is about to be opened. What it returns hears who answered, and says why the session may not be used;
   * `undefined` when it may.
   */
  readonly opening?: () => (identity: ServerIdentity, lane: Lane) => string | undefined;
}

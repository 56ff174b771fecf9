import type { RawResult, Statement } from '../driver.js';
import type { ModelClock } from './model-clock.js';
import type { ModelDatabase } from './model-database.js';
import type { ModelError } from './model-error.js';
import type { ModelNetwork } from './model-network.js';
import type { ModelOptions } from './model-options.js';
import type { ModelReplication } from './model-replication.js';
import type { ModelServer } from './model-server.js';

/** How a statement ended on the server. */
export type Outcome = { readonly result: RawResult } | { readonly error: ModelError };

/** A statement that has come to the server. */
export interface Arrived {
  readonly statement: Statement;
  /** Sends the answer on its way. */
  answer(outcome: Outcome): void;
}

/** What both sides of a session know. */
export interface SessionContext {
  readonly server: ModelServer;
  readonly database: ModelDatabase;
  readonly clock: ModelClock;
  readonly options: ModelOptions;
  /** Who has opened it. */
  readonly client: string | undefined;
  readonly network: ModelNetwork;
  readonly replication: ModelReplication | undefined;
}

/** What the server's side of a session knows, and whom it tells. */
export interface BackendContext extends SessionContext {
  /** A statement begins to run. */
  readonly began: (statement: Statement) => void;
  /** It is over; `why` it ended if the client did not want that. */
  readonly ended: (why: string | undefined) => void;
}

import type { Env } from '@nest-pooling/core';
import type { Lane, NodeTarget } from '@nest-pooling/sql';
import type { MysqlSession } from './session.js';
import type { Flavour } from './statements.js';
import type { Unpreparable } from './unpreparable.js';
import type { Wire } from './wire.js';

/** What a session is opened with. */
export interface SessionContext {
  readonly target: NodeTarget;
  readonly lane: Lane;
  readonly env: Env;
  /** The statement that sets what every session has. */
  readonly settings: (flavour: Flavour) => string;
  /** What a stream takes off and puts back; see `streamRows`. */
  readonly streaming: (flavour: Flavour) => { readonly lift: string; readonly restore: string };
  readonly onConnect: ((session: MysqlSession) => Promise<void>) | undefined;
  /** How long `close` waits for the server. */
  readonly closeTimeoutMs: number;
  readonly unpreparable: Unpreparable;
  /** Asks the server, by a connection of its own, to end what a connection is running. */
  readonly cancel: (wire: Wire) => Promise<void>;
}

import type { Lane, NodeTarget } from '@nest-pooling/sql';
import type { Client } from 'pg';
import type { PostgresSession } from './session.js';
import type { Proxy, SessionSettings } from './session-settings.js';

/** What a session is opened with. */
export interface SessionContext {
  readonly target: NodeTarget;
  readonly lane: Lane;
  /** Statements go out without waiting for the answer to the one before. */
  readonly pipelined: boolean;
  /** What stands before the server. */
  readonly proxy: Proxy;
  /** How its settings get there. */
  readonly settings: SessionSettings;
  /** The application's own setup. */
  readonly onConnect: ((session: PostgresSession) => Promise<void>) | undefined;
  /** How long `close` waits for the server. */
  readonly closeTimeoutMs: number;
  /** pg's way to turn a parameter into text. */
  readonly prepareValue: (value: unknown) => unknown;
  /** Asks the server, by a connection of its own, to end what a client is running. */
  readonly cancel: (client: Client) => Promise<void>;
}

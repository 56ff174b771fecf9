import type { Env } from '@nest-pooling/core';
import type { Fault } from './fault.js';

/** A set of sessions with one purpose. */
export type Lane = 'write' | 'read' | 'probe';
/** What a server is at the moment; `unknown` where the dialect cannot tell. */
export type Role = 'primary' | 'replica' | 'unknown';

/** What is known when credentials are asked for. */
export interface CredentialsRequest {
  /** The server has just refused those that were given before: what is cached is of no use. */
  readonly refused: boolean;
}

/** A network address that sessions are opened to. */
export interface NodeTarget {
  /** The node's name in results, reports and errors, for instance `orders.replica-1`. */
  readonly id: string;
  /** A name or an address. */
  readonly host: string;
  /** The port of the server. */
  readonly port: number;
  /** The database to open; the server's default when absent. */
  readonly database?: string;
  /** A proxy or a cluster endpoint answers here, not one server: no tokens, no fencing, no named statements. */
  readonly proxied: boolean;
  /** Asked at every connect, so that rotated passwords, tokens and certificates are picked up. */
  readonly credentials: (
    request?: CredentialsRequest,
  ) => Promise<{ user: string; password?: string; tls?: object }>;
}

/** What really answers at an address. */
export interface ServerIdentity {
  /** What all servers of one cluster share; empty when the server does not tell. */
  readonly systemId: string;
  /** The history that the server is on; 0 when it does not tell. */
  readonly timeline: number;
  /** Whether it takes writes. */
  readonly role: Role;
  /** The version of the server, for humans. */
  readonly version: string;
}

/** A place in a server's log: an LSN or a GTID set, with the history it belongs to. */
export interface Position {
  /** The server's system identifier: positions of others are incomparable. */
  readonly systemId: string;
  /** The history within that system; it grows at each promotion. */
  readonly timeline: number;
  /** The place itself: an LSN or a GTID set. */
  readonly at: string;
}

/** One statement, as a driver gets it. */
export interface Statement {
  /** The statement, with placeholders for its parameters. */
  readonly text: string;
  /** The values of the placeholders, in order. */
  readonly params?: readonly unknown[];
  /** Prepares it under this name once per session. */
  readonly name?: string;
  /** `object` (the default) keys values by column name, `array` gives them in order. */
  readonly rowMode?: 'object' | 'array';
  /** More rows are an error: a driver need not keep more than one above it. Not for streams. */
  readonly maxRows?: number;
}

/** A column of a result. */
export interface Field {
  /** The name of the column, as the statement gave it. */
  readonly name: string;
}

/** What a driver answers to one statement. */
export interface RawResult {
  /** The rows, as objects or arrays. */
  readonly rows: readonly unknown[];
  /** Rows returned or changed; `null` where there is no such number. */
  readonly rowCount: number | null;
  /** What the server says it did: `SELECT`, `INSERT`, … */
  readonly command: string;
  /** The columns. */
  readonly fields: readonly Field[];
  /** The value that the server gave the first inserted row, on servers that tell (MySQL); a text where no number can hold it. */
  readonly insertId?: number | string;
}

/** Hears what became of a statement: one of the two, once. */
export interface StatementReceiver {
  /** The server answered. */
  answered(result: RawResult): void;
  /** It failed, with the driver's own error. */
  failed(error: unknown): void;
}

/** What a probe learns in one round trip. */
export interface ProbeResult extends ServerIdentity {
  /** The position that the server has written (primary) or replayed (replica). */
  readonly at: string;
  /** A replica: its receiver is connected and streaming. A primary: `true`. */
  readonly streaming: boolean;
  /** How far a replica is behind, in milliseconds; `null` when that is not known. */
  readonly lagMs: number | null;
}

/** What the driver knew when an error came, so that it can say what the error means. */
export interface FaultContext {
  /** The lane of the session. */
  readonly lane: Lane;
  /** The role of the server when the session was opened. */
  readonly role: Role;
  /** The statement had been given to the socket. */
  readonly sent: boolean;
  /** The statement was a COMMIT. */
  readonly committing: boolean;
}

/**
 * The port to one kind of SQL server. It ends at the session, so that pools, lanes, transactions and the router
 * run their real code in simulation and only the session is modelled.
 */
export interface SqlDriver {
  /** `postgres`, `mysql`, … */
  readonly dialect: string;
  /** What sessions of this driver can do. */
  readonly can: { readonly pipeline: boolean; readonly cancel: boolean; readonly positions: boolean };
  /** Opens one session and reads its {@link ServerIdentity}. Rejects when the signal aborts and leaves no socket behind. */
  connect(target: NodeTarget, lane: Lane, env: Env, signal: AbortSignal): Promise<SqlSession>;
  /** Says which lane a statement may take, whether it pins its session, and what it is up to literals. */
  classify(text: string): { lane: 'read' | 'write'; pins: boolean; fingerprint: string; statements: number };
  /** Says what an error of this driver means. */
  fault(error: unknown, during: FaultContext): Fault;
  /** Compares two positions of the same history. */
  compare(have: Position, want: Position): 'reached' | 'behind' | 'incomparable';
  /** How many bytes of the log lie between two positions of one history; `undefined` where they have no distance. */
  distance?(have: Position, want: Position): number | undefined;
  /**
   * The addresses that the names of a target stand for now, as one text that can be compared; `undefined` when it has none. Rejects when a
   * name cannot be resolved. See `resolveHosts`.
   */
  addresses?(target: NodeTarget): Promise<string | undefined>;
}

/** One connection to a SQL server. It is used by one caller at a time unless the driver `can.pipeline`. */
export interface SqlSession {
  /** What answered when the session was opened. */
  readonly identity: ServerIdentity;
  /** As the server reported it last; read synchronously at every release. */
  readonly state: 'idle' | 'in-transaction' | 'failed' | 'broken';
  /** Runs one statement. Rejects with the driver's own error; `SqlDriver.fault` says what it means. */
  execute(statement: Statement): Promise<RawResult>;
  /**
   * {@link SqlSession.execute} for many callers at a time: statements run in the order in which they come, without waiting for the
   * answer to the one before, each fails or succeeds for itself, and it costs no promise. Drivers that `can.pipeline` have it.
   */
  submit?(statement: Statement, receiver: StatementReceiver): void;
  /**
   * Makes the session ready to be shared by many callers until its next reset: it refuses writes, and what is submitted in one turn
   * of the event loop leaves in one write. Drivers that `can.pipeline` have it.
   */
  share?(): Promise<void>;
  /** Runs one statement and gives its rows in batches; leaving the loop early ends it on the server. */
  stream(statement: Statement, batch: number): AsyncIterable<readonly unknown[]>;
  /** Commits. Rejects when the server answered with a rollback instead. */
  commit(): Promise<void>;
  /** Where the server's log is now. */
  position(): Promise<Position>;
  /** Whether the server has reached `position`. */
  reached(position: Position): Promise<boolean>;
  /** Liveness, role and lag in one round trip. */
  probe(): Promise<ProbeResult>;
  /** Asks the server to end the running statement, by a connection of its own; settles when that was delivered. */
  cancel(): Promise<void>;
  /** Rolls back and clears session state, so that the next borrower finds what a new session would have. */
  reset(): Promise<void>;
  /** Says goodbye and settles when the server has let go. Never rejects. */
  close(): Promise<void>;
  /** Cuts the socket now. A statement in flight is rejected in the same turn or the next, whatever the server does. */
  destroy(): void;
  /** Set by the owner: called once when the connection is lost while no statement is running. */
  onLost?: (fault: Fault) => void;
}

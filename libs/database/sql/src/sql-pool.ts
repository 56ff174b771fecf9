import type { PingOptions, PingResult, Probed } from '@nest-pooling/core';
import type { SqlResult, SqlRow } from './result.js';
import type { Consistency } from './route.js';

/** Options of one statement. */
export interface QueryOptions {
  /** The total time for queue, failover, retries and execution, in milliseconds. Default: the pool's `queryTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts, as it does for the scope's signal; the statement is then cancelled on the server. */
  readonly signal?: AbortSignal;
  /** Who is asking, for timeout errors and leak reports. Default: the scope's label. */
  readonly label?: string;
  /** Prepares the statement under this name once per session. */
  readonly name?: string;
  /** `object` (the default) keys values by column name, `array` gives them in order. */
  readonly rowMode?: 'object' | 'array';
  /** More rows are an error (`SQL_TOO_MANY_ROWS`). Default: the pool's `maxRows`, which says more. Not for streams. */
  readonly maxRows?: number;
  /** On a router: where the statement goes. Default: as it is classified (a plain SELECT reads). */
  readonly access?: 'read' | 'write';
  /** On a router: what a read must see. Default: the scope's, else the router's. */
  readonly consistency?: Consistency;
  /** On a router: how far behind a node may be that serves the read, in milliseconds. Default: the scope's, else the router's. */
  readonly maxLagMs?: number;
  /** `false` runs a read on a session of its own, whatever the pool does. Default: as the pool. */
  readonly multiplex?: boolean;
}

/** Options of {@link SqlPool.stream}. */
export interface StreamOptions extends QueryOptions {
  /** Rows fetched at a time. Default 100. */
  readonly batchSize?: number;
}

/** Options of {@link SqlPool.use}. */
export interface UseOptions {
  /** How long to wait for a session, in milliseconds. Default: the pool's `acquireTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Ends the wait for a session when it aborts. */
  readonly signal?: AbortSignal;
  /** Who is asking, for timeout errors and leak reports. Default: the scope's label. */
  readonly label?: string;
  /** On a router: `write` (the default) is the primary. */
  readonly access?: 'read' | 'write';
  /** On a router, for a replica: what must be seen there. Default: the scope's, else the router's. */
  readonly consistency?: Consistency;
  /** On a router: how far behind the replica may be, in milliseconds. Default: the scope's, else the router's. */
  readonly maxLagMs?: number;
}

/** How a transaction is run again when another one got in its way. */
export interface TransactionRetry {
  /** How often it is tried in all, the first time included; 0 and 1 both mean once. */
  readonly attempts: number;
  /** The bound of the first pause, in milliseconds; it doubles with each, and the pause is a random part of it. Default 100. */
  readonly initialMs?: number;
  /** The bound of every pause, in milliseconds. Default 10,000. */
  readonly maxMs?: number;
}

/** Options of {@link SqlPool.transaction}. A transaction inside another one takes only the first three. */
export interface TransactionOptions {
  /**
   * The total time, waiting for a session and every attempt included, in milliseconds. When it is over the statement that runs is
   * cancelled, the transaction is rolled back and rejects, whatever its work is waiting for. Default: none.
   */
  readonly timeoutMs?: number;
  /** Does the same when it aborts. */
  readonly signal?: AbortSignal;
  /** Who is asking, for timeout errors and leak reports. Default: the scope's label. */
  readonly label?: string;
  /** Default: the server's (`read committed` on Postgres). */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  /** Refuses writes inside; on a router it still runs on the primary, unless {@link access} says otherwise. Default `false`. */
  readonly readOnly?: boolean;
  /** Waits until the transaction can run without the risk of a serialization failure (Postgres). Default `false`. */
  readonly deferrable?: boolean;
  /** On a router: `read` takes a replica, and makes it read-only. Default `write`: the primary. */
  readonly access?: 'read' | 'write';
  /** On a router, for a replica: what must be seen there. Default: the scope's, else the router's. */
  readonly consistency?: Consistency;
  /** On a router: how far behind the replica may be, in milliseconds. Default: the scope's, else the router's. */
  readonly maxLagMs?: number;
  /**
   * Runs the whole again, on a session that is fine, when it failed because of another transaction (a serialization failure, a deadlock)
   * and nothing of it has happened; `work` is called again, so that it must not have effects elsewhere. Never when the outcome is unknown.
   * Default: once, never again.
   */
  readonly retry?: TransactionRetry;
  /** How old it may become, in milliseconds from BEGIN on; each attempt anew. Default: the pool's `maxTransactionMs`. */
  readonly maxTransactionMs?: number;
}

/** One session, lent for a piece of work. */
export interface SqlConnection {
  /** The id of the node it is connected to. */
  readonly node: string;
  /** Runs one statement. Those given at the same time take turns. */
  query<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>>;
  /** Runs one statement and gives its rows as they come; nothing else runs on the connection meanwhile. */
  stream<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row>;
  /**
   * A transaction on this session; inside one, a part of it that can fail alone (a savepoint). While it is open, statements that the outer
   * one runs beside it wait for its end, and parts that are begun at the same time take turns.
   */
  transaction<R>(work: (tx: SqlConnection) => Promise<R>, options?: TransactionOptions): Promise<R>;
}

/**
 * What an application injects to talk to a SQL database, whether there is one server behind it or a primary
 * and many replicas. An abstract class and no interface, so that it exists at run time: the module compares it
 * with the declared type of the constructor parameter when the application boots.
 *
 * Inside {@link SqlPool.transaction} every call on the same pool in the same asynchronous flow takes part:
 * `query` joins it, `use` lends its session, `transaction` makes a savepoint. {@link SqlPool.outside} escapes.
 */
export abstract class SqlPool implements Probed {
  /** The name that the pool was given in the configuration. */
  abstract readonly name: string;

  /** Runs one statement and returns all its rows. */
  abstract query<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<SqlResult<Row>>;

  /** Runs one statement and gives its rows as they come, without holding them all. */
  abstract stream<Row = SqlRow>(
    text: string,
    params?: readonly unknown[],
    options?: StreamOptions,
  ): AsyncIterable<Row>;

  /**
   * Runs `work` in a transaction: commits when it resolves, rolls back when it rejects, and then rejects with the same error. Statements
   * that it did not await belong to it all the same; after its end they are refused. Repeats it only when asked to.
   */
  abstract transaction<R>(work: (tx: SqlConnection) => Promise<R>, options?: TransactionOptions): Promise<R>;

  /** Lends one session to `work` and takes it back in every case. */
  abstract use<R>(work: (connection: SqlConnection) => Promise<R>, options?: UseOptions): Promise<R>;

  /** Runs `work` outside the transaction that surrounds the call, on sessions of its own. */
  abstract outside<R>(work: () => Promise<R>): Promise<R>;

  /** Asks every node whether it answers, on sessions of its own that never wait in the pool's queue. */
  abstract ping(options?: PingOptions): Promise<Readonly<Record<string, PingResult>>>;
}

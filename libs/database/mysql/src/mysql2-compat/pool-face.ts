import { EventEmitter } from 'node:events';
import type { Pool, PoolConnection } from 'mysql2';
import type { Pool as PromisePool } from 'mysql2/promise';
import { classes, commandOf, type Command, type FullPoolConfig, type Insides, type Told } from './insides.js';
import { loanOf, type Lender, type Loan } from './lender.js';
import { saysReadOnly, WORDS } from './messages.js';
import { promisePoolOf } from './promise-face.js';
import { tell } from './watch.js';

/** mysql2's callback of `getConnection`. */
export type ConnectionCallback = (error: Error | null, connection?: PoolConnection) => void;

/** What is asked of a connection that is lent for one statement. */
type Runner = Pick<PoolConnection, 'release' | 'destroy'> & Pick<Insides, 'query' | 'execute'>;

/**
 * A pool of mysql2 whose connections come from somewhere else: every method, overload, event and property is mysql2's own, the queue and the
 * sizes are the lender's. `format`, `escape` and `escapeId` are inherited, and so is the class.
 */
export abstract class PoolFace extends EventEmitter {
  /** What it was made with, and mysql2's defaults. */
  readonly config: FullPoolConfig;
  /** Where connections come from. @internal */
  protected abstract readonly lender: Lender;
  /** `end` was called. */
  ending = false;
  #ended: Promise<void> | undefined;

  constructor(config: FullPoolConfig) {
    super();
    this.config = config;
    config.connectionConfig.pool = this;
  }

  /** As mysql2's connections, and its promises, know it. */
  get _closed(): boolean {
    return this.ending;
  }

  // What those look at who watch a pool of mysql2.
  get _allConnections(): { readonly length: number } {
    return { length: this.lender.total };
  }

  get _freeConnections(): { readonly length: number } {
    return { length: this.lender.idle };
  }

  get _connectionQueue(): { readonly length: number } {
    return { length: this.lender.waiting };
  }

  /** Borrows a connection; its `release` returns it, its `destroy` closes it. */
  getConnection(callback: ConnectionCallback): void {
    const loan = this.ending ? undefined : this.lender.tryBorrow();
    // mysql2 never calls back before it has returned, when it has one.
    if (loan !== undefined) process.nextTick(callback, null, this.#lend(loan));
    else this.#wait((error, lent) => (lent ? callback(null, this.#lend(lent)) : callback(error)));
  }

  /** The same as the connection's own `release`. */
  releaseConnection(connection: object): void {
    const loan = loanOf(connection);
    // A promise's connection releases the one that it wraps.
    if (loan === undefined) return (connection as PoolConnection).release();
    this.emit('release', loan.connection);
    loan.giveBack();
  }

  /** Runs a text on a connection of its own; as a connection's `query`, with the connection borrowed and returned. */
  query(sql: unknown, values?: unknown, callback?: unknown): Command {
    const { connectionConfig } = this.config;
    const command = commandOf(sql, values, callback, connectionConfig);
    command.namedPlaceholders ??= connectionConfig.namedPlaceholders;
    if (!this.queried(command)) this.#query(command);
    return command;
  }

  /** Runs a prepared statement on a connection of its own. */
  execute(sql: unknown, values?: unknown, callback?: unknown): void {
    const told = (typeof values === 'function' ? values : callback) as Told;
    const given = typeof values === 'function' ? [] : values;
    // mysql2 says so, too, if later and to nobody.
    if (typeof told !== 'function') throw new TypeError('execute of a pool needs a callback');
    if (!this.executed(sql, given, told)) this.slowly(sql, given, told);
  }

  /** The same with promises. */
  promise(Own?: PromiseConstructor): PromisePool {
    return promisePoolOf(this, Own);
  }

  /** Lends nothing any more. Calls back when all is over. */
  end(callback?: (error?: Error) => void): void {
    this.ending = true;
    this.#ended ??= this.lender.end();
    void this.#ended.then(() => callback?.());
  }

  /** A connection was closed, by whoever has it or by the server. Called by mysql2's connections. @internal */
  protected _removeConnection(connection: PoolConnection): void {
    loanOf(connection)?.giveBack('the connection was closed');
  }

  /** Whether there was a better way to run it. */
  protected queried(_command: Command): boolean {
    return false;
  }

  /** Whether there was a better way to run it. */
  protected executed(_sql: unknown, _values: unknown, _told: Told): boolean {
    return false;
  }

  /** `execute` on a connection that is borrowed for it. */
  protected slowly(sql: unknown, values: unknown, told: Told): void {
    this.#borrow((error, loan) => {
      if (loan === undefined) return told(error);
      const connection = this.#lend(loan) as unknown as Runner;
      let failure: unknown;
      try {
        connection
          .execute(sql, values, (said, rows, fields) => {
            if (said) failure = heeded(connection, said);
            else connection.release();
            told(said, rows, fields);
          })
          .once('end', () => failure && process.nextTick(over, connection, failure));
      } catch (refused) {
        connection.release();
        told(refused);
      }
    });
  }

  #query(command: Command): void {
    this.#borrow((error, loan) => {
      if (loan === undefined) return tell(command, error);
      const connection = this.#lend(loan) as unknown as Runner;
      let failure: unknown;
      const { onResult } = command;
      if (onResult === undefined)
        command.once('error', (said: unknown) => (failure = heeded(connection, said)));
      else {
        command.onResult = (said, rows, fields) => {
          if (said) failure = heeded(connection, said);
          // Before the caller goes on: his next statement finds it.
          else connection.release();
          onResult(said, rows, fields);
        };
      }
      const ended = (): void => {
        // mysql2 is in the middle of its work: what it knows of the connection is known later.
        if (onResult === undefined || failure !== undefined) process.nextTick(over, connection, failure);
      };
      try {
        connection.query(command).once('end', ended);
      } catch (refused) {
        connection.release();
        command.onResult = onResult;
        tell(command, refused);
      }
    });
  }

  #borrow(borrower: (error: Error | null, loan?: Loan) => void): void {
    const loan = this.ending ? undefined : this.lender.tryBorrow();
    if (loan === undefined) this.#wait(borrower);
    else borrower(null, loan);
  }

  #lend(loan: Loan): PoolConnection {
    const { connection } = loan;
    if (loan.fresh) {
      loan.fresh = false;
      this.emit('connection', connection);
    }
    this.emit('acquire', connection);
    return connection;
  }

  /** Waits for a connection that is not there yet. */
  #wait(borrower: (error: Error | null, loan?: Loan) => void): void {
    if (this.ending) return process.nextTick(borrower, new Error(WORDS.ended));
    const { lender } = this;
    if (lender.full) {
      const { waitForConnections, queueLimit } = this.config;
      if (!waitForConnections) return process.nextTick(borrower, new Error(WORDS.full));
      if (queueLimit > 0 && lender.waiting >= queueLimit) return borrower(new Error(WORDS.queue));
      this.emit('enqueue');
    }
    return lender.borrow((error, loan) => borrower(error ?? null, loan));
  }
}

/** mysql2 says nothing more on a connection that is gone. */
function heeded(connection: Runner, error: unknown): unknown {
  if ((error as { fatal?: boolean }).fatal) connection.destroy();
  return error;
}

/** Where a primary went elsewhere, the connection does not lead to it. */
function over(connection: Runner, failure: unknown): void {
  if (saysReadOnly(failure)) connection.destroy();
  else connection.release();
}

// Whoever asks is told that it is a pool of mysql2's, and finds what is the same for all of them.
Object.setPrototypeOf(PoolFace.prototype, classes.Pool.prototype);

/** A face, as the type that mysql2 gives its pools. */
export function asPool(face: PoolFace): Pool {
  return face as unknown as Pool;
}

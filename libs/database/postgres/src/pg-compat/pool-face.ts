import pg, { type PoolClient, type PoolConfig } from 'pg';
import { LeanQueries } from './lean-queries.js';
import type { Lender, Loan } from './lender.js';
import { WORDS } from './messages.js';
import { plainStatement } from './plain-statement.js';

/** `pg.Pool`'s callback of `connect`. */
export type ConnectCallback = (
  error: Error | undefined,
  client: PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** Hears how something ended. */
export type Done = (error: Error | undefined, result?: unknown) => void;
type Query = (
  text: unknown,
  values: unknown,
  callback: (error: Error | null, result: unknown) => void,
) => unknown;

/** Parts of `pg.Pool` that its types call read-only, or do not have. */
interface Insides {
  ending: boolean;
  ended: boolean;
  readonly Promise: PromiseConstructor;
  log: (...messages: unknown[]) => void;
}

function releasedTwice(): never {
  throw new Error(WORDS.releasedTwice);
}

const nothing = (): void => {};

/**
 * A `pg.Pool` whose clients come from somewhere else: every method, overload, callback style, event and property is pg.Pool's own,
 * the queue and the sizes are the lender's.
 */
export abstract class PoolFace extends pg.Pool {
  static {
    // In its types it stays pg.Pool's, with all its overloads.
    this.prototype.query = function query(this: PoolFace, text: unknown, values: unknown, callback: unknown) {
      return this.#query(text, values, callback);
    } as pg.Pool['query'];
  }

  /** Where clients come from. @internal */
  protected abstract readonly lender: Lender;

  constructor(config?: PoolConfig) {
    super(config);
    // The type of the base class says that these are data.
    for (const name of ['totalCount', 'idleCount', 'waitingCount', 'expiredCount'] as const) {
      Object.defineProperty(this, name, { get: () => this.lender[COUNTS[name]], configurable: true });
    }
  }

  /** Borrows a client; `client.release()` returns it, `client.release(true)` or an error closes it. */
  override connect(): Promise<PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<PoolClient> | void {
    if (callback === undefined) {
      return this.#promised((settle) => this.#connect(settle)) as Promise<PoolClient>;
    }
    const { ending } = this;
    let sync = true;
    this.#connect((error, client) => {
      const tell = (): void => {
        if (error) callback(error, undefined, nothing);
        else callback(undefined, client as PoolClient, Reflect.get(client as PoolClient, 'release') as never);
      };
      // pg.Pool never calls back before `connect` has returned, unless it has ended.
      if (sync && !ending) process.nextTick(tell);
      else tell();
    });
    sync = false;
  }

  /** Lends nothing any more, waits until every client came back, and closes them. Who waits already is still served. */
  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: (error?: Error) => void): Promise<void> | void {
    if (callback === undefined) return this.#promised((settle) => this.#end(settle)) as Promise<void>;
    this.#end(callback);
  }

  /** Runs one statement on a client of its own: as `client.query`, with its client borrowed and returned. */
  #query(text: unknown, values: unknown, callback: unknown): unknown {
    const done = typeof values === 'function' ? values : callback;
    const given = typeof values === 'function' ? undefined : values;
    if (typeof text === 'function') return this.#refuse(text as Done);
    if (typeof done !== 'function') return this.#promised((settle) => this.run(text, given, settle));
    return this.run(text, given, done as Done);
  }

  /** Whether a connection can be used on after an error of a statement. */
  protected abstract survives(error: Error, client: PoolClient): boolean;

  #end(done: Done): void {
    const insides = this as unknown as Insides;
    insides.log('ending');
    if (this.ending) return done(new Error(WORDS.endedTwice));
    insides.ending = true;
    void this.lender.end().then(() => {
      insides.ended = true;
      done(undefined);
    });
  }

  #connect(done: Done): void {
    this.#borrow((error, loan) => {
      if (loan === undefined) return done(error);
      if (loan.fresh) return this.#verified(loan, done);
      this.emit('acquire', loan.client);
      return done(undefined, this.#lend(loan));
    });
  }

  /** Lends a client that nobody has had before. */
  #verified(loan: Loan, done: Done): void {
    loan.fresh = false;
    this.emit('acquire', loan.client);
    const client = this.#lend(loan);
    const { verify } = this.options;
    if (verify === undefined) return done(undefined, client);
    return verify(client, (refused) => {
      if (refused === undefined || refused === null) return done(undefined, client);
      client.release(refused);
      return done(refused);
    });
  }

  /** Runs a statement on a client that is borrowed for it. */
  protected run(text: unknown, values: unknown, done: Done): void {
    if (this.ending) return done(new Error(WORDS.ended));
    const loan = this.lender.tryBorrow();
    if (loan !== undefined) return this.#runOn(loan, text, values, done);
    return this.lender.borrow((error, borrowed) =>
      borrowed === undefined ? done(error) : this.#runOn(borrowed, text, values, done),
    );
  }

  #runOn(loan: Loan, text: unknown, values: unknown, done: Done): void {
    if (loan.fresh && this.options.verify !== undefined) {
      return this.#verified(loan, (error) => (error ? done(error) : this.#send(loan, text, values, done)));
    }
    loan.fresh = false;
    this.emit('acquire', loan.client);
    return this.#send(loan, text, values, done);
  }

  #send(loan: Loan, text: unknown, values: unknown, done: Done): void {
    const { client, lean } = loan;
    // It is ours to return.
    client.release = releasedTwice;
    // pg tells some errors twice: once more when their connection is closed.
    let over = false;
    const answered = (failure: Error | null, result: unknown): void => {
      if (over) return;
      over = true;
      this.emit('release', failure, client);
      if (!failure) {
        loan.giveBack(failure);
        return done(undefined, result);
      }
      loan.giveBack(this.survives(failure, client) ? undefined : failure);
      return done(failure);
    };
    try {
      const plain = lean && plainStatement(text, values);
      if (plain && LeanQueries.takes(plain.text) && lean.run(plain, answered)) return;
      (client.query as Query).call(client, text, values, answered);
    } catch (failure) {
      if (over) throw failure;
      answered(failure as Error, undefined);
    }
  }

  #borrow(borrower: (error: Error | undefined, loan: Loan | undefined) => void): void {
    if (this.ending) return borrower(new Error(WORDS.ended), undefined);
    const loan = this.lender.tryBorrow();
    if (loan === undefined) this.lender.borrow(borrower);
    else borrower(undefined, loan);
  }

  #lend(loan: Loan): PoolClient {
    const { client } = loan;
    let released = false;
    client.release = (error) => {
      if (released) releasedTwice();
      released = true;
      this.emit('release', error, client);
      loan.giveBack(error);
    };
    return client;
  }

  #promised(begin: (settle: Done) => void): Promise<unknown> {
    const { Promise: Own } = this as unknown as Insides;
    return new Own<unknown>((resolve, reject) => {
      begin((error, result) => (error ? reject(error) : resolve(result)));
    }).catch((error: unknown) => {
      // To where the caller waits, and not to the socket that the answer came from.
      if (typeof error === 'object' && error !== null) Error.captureStackTrace(error);
      throw error;
    });
  }

  #refuse(callback: Done): void {
    setImmediate(() => callback(new Error(WORDS.functionFirst)));
  }
}

const COUNTS = {
  totalCount: 'total',
  idleCount: 'idle',
  waitingCount: 'waiting',
  expiredCount: 'expired',
} as const;

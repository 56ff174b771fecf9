/* oxlint-disable no-underscore-dangle -- mysql2's own, which its pool works with */
import { EventEmitter } from 'node:events';
import type { Connection } from 'mysql2';
import { CompatUnsupportedError } from './errors.js';
import { classes, insides, type Command, type FullConfig, type Insides, type Told } from './insides.js';
import { LOAN, type Loan } from './lender.js';
import { promisesOf } from './promise-face.js';

/** The pool that a connection belongs to. */
export interface ConnectionOwner {
  readonly config: { readonly connectionConfig: FullConfig };
  releaseConnection(connection: object): void;
}

/** What a session tells, and its borrower may listen to. */
const EVENTS = ['error', 'end', 'drain'] as const;

/**
 * A connection of a pool of ours, to its borrower an instance of mysql2's `PoolConnection`: `beginTransaction`, `commit`,
 * `rollback`, `format`, `escape` and the like are inherited, and come to `query` and `addCommand`. What it writes to, such as the
 * queue of commands, stays with the session's own connection.
 */
export abstract class LentConnection extends EventEmitter {
  /** @internal */
  declare readonly [LOAN]: Loan;
  /** It came back: whoever had it has it no more. */
  protected released = false;

  constructor(protected readonly owner: ConnectionOwner) {
    super();
  }

  /** The session's own; `undefined` as long as there is none. */
  protected abstract get bare(): Connection | undefined;

  abstract query(sql: unknown, values?: unknown, callback?: unknown): Command;

  abstract execute(sql: unknown, values?: unknown, callback?: unknown): Command;

  /** Whatever mysql2 sends that is no statement: a ping, a prepare. */
  abstract addCommand(command: Command): Command;

  /** Clears what was left behind in the session, as its return will. */
  abstract reset(callback?: Told): void;

  /** Returns it; a second time, nothing. What still runs is waited for before anybody else has the session. */
  release(): void {
    if (this.released) return;
    this.released = true;
    this.owner.releaseConnection(this);
  }

  /** Closes the connection, and returns its place. */
  destroy(): void {
    if (this.released) return;
    this.released = true;
    this[LOAN].giveBack('the connection was destroyed by its borrower');
  }

  /** The same with promises. */
  promise(Own?: PromiseConstructor): unknown {
    return promisesOf(this as never, Own);
  }

  /** It was connected when it was lent, as far as its borrower is concerned. */
  connect(callback?: (error: null, connection: this) => void): void {
    if (callback !== undefined) process.nextTick(callback, null, this);
  }

  /** Sessions are shared with others: they keep their user. */
  changeUser(options: unknown, callback?: unknown): void {
    const error = new CompatUnsupportedError('changeUser', 'Make a pool for each user.');
    const told = typeof options === 'function' ? options : callback;
    if (typeof told !== 'function') throw error;
    process.nextTick(told, error);
  }

  /** Holds up what the server sends. */
  pause(): void {
    this.bare?.pause();
  }

  resume(): void {
    this.bare?.resume();
  }

  /** What the session's connection was made with. */
  get config(): object {
    return this.bare?.config ?? this.owner.config.connectionConfig;
  }

  /** The server's number of the connection; `null` until it has one. */
  get threadId(): number | null {
    return this.bare?.threadId ?? null;
  }

  get stream(): Insides['stream'] {
    return this.bare === undefined ? NO_STREAM : insides(this.bare).stream;
  }

  get state(): string {
    return (this.bare as { state?: string } | undefined)?.state ?? 'authenticated';
  }

  get authorized(): boolean {
    return true;
  }

  // What pools of others look at before they lend it.
  get _fatalError(): unknown {
    return this.bare && insides(this.bare)._fatalError;
  }

  get _protocolError(): unknown {
    return this.bare && insides(this.bare)._protocolError;
  }

  get _closing(): boolean {
    return this.bare !== undefined && Boolean(insides(this.bare)._closing);
  }

  /** Forwards what a session tells. Returns the function that ends it. */
  protected forward(connection: Connection): () => void {
    const ends = EVENTS.map((event) => {
      const tell = (...args: unknown[]): void => {
        // An `error` that nobody hears would end the process.
        if (event !== 'error' || this.listenerCount('error') > 0) this.emit(event, ...args);
      };
      connection.on(event, tell);
      return () => connection.removeListener(event, tell);
    });
    return () => ends.forEach((end) => end());
  }
}

const NO_STREAM: Insides['stream'] = { destroyed: false, destroy() {} };

// Whoever asks is told that it is a connection of mysql2's, and finds what is the same for all of them.
Object.setPrototypeOf(LentConnection.prototype, classes.PoolConnection.prototype);

import { EventEmitter } from 'node:events';
import type { BorrowedSession, SessionSource } from '@nest-pooling/sql';
import { Pinning, type PinningHost } from '@nest-pooling/sql/faces';
import pg, { type PoolClient, type TransactionStatus } from 'pg';
import { pgError, WORDS } from './messages.js';
import { RawSession } from './raw-session.js';
import { jobOf } from './routed-job.js';

/** What a session tells, and its borrower may listen to. */
const EVENTS = ['notice', 'notification', 'error', 'end', 'drain'] as const;

/**
 * A client of a router: it has no connection until its first statement, which decides where it goes, as {@link Pinning} says. SET, LISTEN,
 * advisory locks and temporary tables go to the primary, and so does BEGIN; `BEGIN READ ONLY` goes to a replica.
 *
 * It is an instance of `pg.Client`, as far as a borrower is concerned: it cannot be connected again.
 */
export class RoutedClient extends EventEmitter {
  readonly #pinning: Pinning<RawSession>;
  #released = false;
  #forwarding: (() => void) | undefined;

  constructor(
    private readonly source: SessionSource,
    gone: () => void,
  ) {
    super();
    this.#pinning = new Pinning(source, this.#host(gone));
  }

  /** As `pg.Client`; every overload, and custom queries such as cursors. */
  query(config: unknown, values?: unknown, callback?: unknown): unknown {
    if (config === null || config === undefined) {
      throw new TypeError('Client was passed a null or undefined query');
    }
    if (this.#released) throw new Error(WORDS.released);
    const { job, answer } = jobOf(this.source, this.#pinning.next(), [config, values, callback]);
    this.#pinning.push(job);
    return answer;
  }

  /** It was connected when it was lent, as far as its borrower is concerned. */
  connect(callback?: (error: Error) => void): Promise<never> | void {
    const error = new Error('Client has already been connected. You cannot reuse a client.');
    if (callback === undefined) return Promise.reject(error);
    process.nextTick(() => callback(error));
  }

  /** Closes the connection that it has, as `release(true)` will. */
  end(callback?: () => void): Promise<void> | void {
    const ended = this.#pinning.bound?.client.end() ?? Promise.resolve();
    if (callback === undefined) return ended;
    void ended.then(callback);
  }

  /** `I` until it is bound: no transaction is open. */
  getTransactionStatus(): TransactionStatus {
    return this.#pinning.bound === undefined ? 'I' : this.#pinning.bound.client.getTransactionStatus();
  }

  /** The session's own parsers; the pool's option `session.types` sets them. */
  getTypeParser(...given: Parameters<PoolClient['getTypeParser']>): unknown {
    return (this.#pinning.bound?.client ?? pg.types).getTypeParser(...given);
  }

  /** Sessions are shared with others. */
  setTypeParser(): never {
    throw new Error(
      'a client of a pool of ours takes no parsers of its own: give them to the pool, as session.types',
    );
  }

  /** Of the server's process; `null` until it is bound. */
  get processID(): number | null {
    return (this.#pinning.bound?.client as { processID?: number } | undefined)?.processID ?? null;
  }

  /** Of the session it is bound to; `undefined` until then. */
  get connection(): pg.Connection | undefined {
    return this.#pinning.bound?.client.connection;
  }

  /** The id of the node it is bound to; `undefined` until then. */
  get node(): string | undefined {
    return this.#pinning.bound?.borrowed.node.id;
  }

  ref(): void {}

  unref(): void {}

  /** Ends the borrowing, once what was given has ended; with an error, at once. @internal */
  giveBack(error: unknown): void {
    this.#released = true;
    this.#pinning.giveBack(error);
  }

  #host(gone: () => void): PinningHost<RawSession> {
    return {
      adopt: (borrowed, drained) => this.#adopt(borrowed, drained),
      unbound: () => this.#forwarding?.(),
      failed: (session, error) =>
        session === this.#pinning.bound ? this.source.failed(session.borrowed, error) : 'final',
      errorOf: pgError,
      closed: () => new Error(WORDS.closed),
      gone,
    };
  }

  #adopt(borrowed: BorrowedSession, drained: () => void): RawSession {
    const raw = RawSession.take(borrowed, this.source, drained);
    const forward = EVENTS.map((event) => {
      const tell = (...args: unknown[]): void => {
        // An `error` that nobody hears would end the process.
        if (event !== 'error' || this.listenerCount('error') > 0) this.emit(event, ...args);
      };
      raw.client.on(event as 'drain', tell);
      return () => raw.client.off(event, tell);
    });
    this.#forwarding = () => forward.forEach((end) => end());
    return raw;
  }
}

// Whoever asks is told that it is a client of pg's, and finds what is the same for all of them; it has no connection of its own to make.
Object.setPrototypeOf(RoutedClient.prototype, pg.Client.prototype);

import { EventEmitter } from 'node:events';
import type { BorrowedSession, ReadVerdict, SessionSource } from '@nest-pooling/sql';
import pg, { type PoolClient, type TransactionStatus } from 'pg';
import { pgError, WORDS } from './messages.js';
import { RawSession } from './raw-session.js';
import { jobOf, type Job } from './routed-job.js';

/** What a session tells, and its borrower may listen to. */
const EVENTS = ['notice', 'notification', 'error', 'end', 'drain'] as const;

/**
 * A client of a router: it has no connection until its first statement, which decides where it goes.
 *
 * - A statement that reads binds it to a replica, and further reads stay there, until it is released.
 * - Anything else binds it to the primary, and there it stays until it is released: what follows a write sees it, and what SET,
 *   LISTEN, advisory locks and temporary tables leave in a session is there for the statements after it.
 * - Outside of a transaction it moves from the replica to the primary for the first statement that does not only read, when those
 *   before have ended. Within one it never moves: BEGIN goes to the primary, `BEGIN READ ONLY` to a replica.
 * - A read that turns out to write (in a function, say) is run again on the primary, and the pool remembers it. One whose replica
 *   died is run again elsewhere. Within a transaction neither is.
 *
 * It is an instance of `pg.Client`, as far as a borrower is concerned: it cannot be connected again.
 */
export class RoutedClient extends EventEmitter {
  /** Until it is bound nothing is known about a server. */
  #bound: RawSession | undefined;
  /** What was given and not sent, in order. */
  #queue: Job[] = [];
  #binding = false;
  /** A transaction is open, or will be by what was sent. */
  #open = false;
  #over = false;
  #given = 0;
  #forwarding: (() => void) | undefined;

  constructor(
    private readonly source: SessionSource,
    private readonly gone: () => void,
  ) {
    super();
  }

  /** As `pg.Client`; every overload, and custom queries such as cursors. */
  query(config: unknown, values?: unknown, callback?: unknown): unknown {
    if (config === null || config === undefined) {
      throw new TypeError('Client was passed a null or undefined query');
    }
    if (this.#over) throw new Error(WORDS.released);
    const { job, answer } = jobOf(this.source, ++this.#given, [config, values, callback]);
    this.#queue.push(job);
    this.#pump();
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
    const ended = this.#bound?.client.end() ?? Promise.resolve();
    if (callback === undefined) return ended;
    void ended.then(callback);
  }

  /** `I` until it is bound: no transaction is open. */
  getTransactionStatus(): TransactionStatus {
    return this.#bound === undefined ? 'I' : this.#bound.client.getTransactionStatus();
  }

  /** The session's own parsers; the pool's option `session.types` sets them. */
  getTypeParser(...given: Parameters<PoolClient['getTypeParser']>): unknown {
    return (this.#bound?.client ?? pg.types).getTypeParser(...given);
  }

  /** Sessions are shared with others. */
  setTypeParser(): never {
    throw new Error(
      'a client of a pool of ours takes no parsers of its own: give them to the pool, as session.types',
    );
  }

  /** Of the server's process; `null` until it is bound. */
  get processID(): number | null {
    return (this.#bound?.client as { processID?: number } | undefined)?.processID ?? null;
  }

  /** Of the session it is bound to; `undefined` until then. */
  get connection(): pg.Connection | undefined {
    return this.#bound?.client.connection;
  }

  /** The id of the node it is bound to; `undefined` until then. */
  get node(): string | undefined {
    return this.#bound?.borrowed.node.id;
  }

  ref(): void {}

  unref(): void {}

  /** Ends the borrowing, once what was given has ended; with an error, at once. @internal */
  giveBack(error: unknown): void {
    this.#over = true;
    if (error) {
      for (const job of this.#queue.splice(0)) job.fail(new Error(WORDS.closed));
      if (!this.#binding) this.#leave(error);
    }
    this.#pump();
  }

  /** Sends what can be sent. */
  #pump(): void {
    while (!this.#binding) {
      const [job] = this.#queue;
      if (job === undefined) {
        if (this.#over) this.#leave();
        return;
      }
      if (this.#bound !== undefined && this.#fits(job, this.#bound)) {
        this.#queue.shift();
        this.#send(job, this.#bound);
      } else if (this.#bound === undefined || this.#bound.quiet) {
        this.#bind(job);
      } else return;
    }
  }

  #fits({ kind }: Job, bound: RawSession): boolean {
    if (!bound.onReplica && !(bound.dead && kind.reads && !this.#open)) return true;
    if (bound.quiet) this.#open = !bound.dead && bound.client.getTransactionStatus() !== 'I';
    return this.#open || (kind.reads && !bound.dead);
  }

  #bind(job: Job): void {
    this.#unbind();
    this.#binding = true;
    const access = job.kind.reads ? 'read' : 'write';
    this.source.borrow({ access, tried: job.tried }).then(
      (borrowed) => {
        this.#binding = false;
        this.#adopt(borrowed);
        this.#pump();
      },
      (error: unknown) => {
        this.#binding = false;
        this.#queue.shift()?.fail(pgError(error));
        this.#pump();
      },
    );
  }

  #adopt(borrowed: BorrowedSession): void {
    const raw = RawSession.take(borrowed, this.source, () => this.#pump());
    const forward = EVENTS.map((event) => {
      const tell = (...args: unknown[]): void => {
        // An `error` that nobody hears would end the process.
        if (event !== 'error' || this.listenerCount('error') > 0) this.emit(event, ...args);
      };
      raw.client.on(event as 'drain', tell);
      return () => raw.client.off(event, tell);
    });
    this.#forwarding = () => forward.forEach((end) => end());
    this.#bound = raw;
    this.#open = false;
  }

  #send(job: Job, bound: RawSession): void {
    const { kind } = job;
    const autocommit = !this.#open;
    if (kind.begins) this.#open = true;
    else if (kind.ends) this.#open = false;
    job.send(bound.client, (error) => {
      if (bound !== this.#bound) return false;
      const verdict = this.source.failed(bound.borrowed, error);
      const repeats = kind.reads && !kind.begins && autocommit && bound.onReplica;
      return repeats && this.#again(job, bound, verdict);
    });
  }

  /** Whether a read that failed on a replica is run again elsewhere; on each node once. */
  #again(job: Job, bound: RawSession, verdict: ReadVerdict): boolean {
    const { node } = bound.borrowed;
    if (verdict === 'final' || job.tried.includes(node)) return false;
    if (verdict === 'primary') job.writes();
    else job.tried.push(node);
    this.#queue.push(job);
    this.#queue.sort((one, other) => one.order - other.order);
    // Not in the middle of pg's own work on the answer.
    process.nextTick(() => {
      if (verdict === 'elsewhere' && this.#bound === bound && bound.quiet) this.#unbind();
      this.#pump();
    });
    return true;
  }

  #unbind(error?: unknown): void {
    this.#forwarding?.();
    this.#forwarding = undefined;
    const bound = this.#bound;
    this.#bound = undefined;
    bound?.end(error);
  }

  #leave(error?: unknown): void {
    if (this.#binding) return;
    this.#unbind(error);
    this.#binding = true;
    this.gone();
  }
}

// Whoever asks is told that it is a client of pg's, and finds what is the same for all of them; it has no connection of its own to make.
Object.setPrototypeOf(RoutedClient.prototype, pg.Client.prototype);

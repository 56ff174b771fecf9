import type { BorrowedSession, ReadVerdict, SessionSource } from '../session-source.js';
import type { SqlNode } from '../sql-node.js';

/** A session that is lent bare, as a connection of its driver. */
export interface PinnedSession {
  /** The present borrowing. */
  readonly borrowed: BorrowedSession;
  /** The server takes no writes. */
  readonly onReplica: boolean;
  /** The connection is gone. */
  readonly dead: boolean;
  /** Nothing runs, nothing waits. */
  readonly quiet: boolean;
  /** A transaction is open, as the server said last. */
  readonly inTransaction: boolean;
  /** Ends the borrowing; `cause` has it closed. */
  end(cause?: unknown): void;
}

/** Something that waits to be sent. */
export interface PinnedJob<Session> {
  /** Its place among those that its connection was given. */
  readonly order: number;
  /** What it is, as far as that decides where it goes. */
  readonly kind: {
    /** It may run on a replica. */
    readonly reads: boolean;
    /** It begins a transaction. */
    readonly begins: boolean;
    /** It ends one. */
    readonly ends: boolean;
  };
  /** Nodes where it failed. */
  readonly tried: SqlNode[];
  /** Sends it; `again` is asked before an error is told, and takes the job back when it answers `true`. */
  send(session: Session, again: (error: unknown) => boolean): void;
  /** Tells an error without having sent it. */
  fail(error: unknown): void;
  /** It turned out to write, and is remembered for that. */
  writes(): void;
}

/** What differs between the drivers. */
export interface PinningHost<Session> {
  /** Makes a borrowed session one of the driver's; `drained` is to be called each time when the server has answered everything. */
  adopt(borrowed: BorrowedSession, drained: () => void): Session;
  /** It is bound to this session no more. */
  unbound(): void;
  /** Hears of an error of a statement, also of one that was released before it ended. */
  failed(session: Session, error: unknown): ReadVerdict;
  /** What an error of ours is to users of the driver. */
  errorOf(error: unknown): Error;
  /** What somebody is told whose statement was never sent, since the connection was closed. */
  closed(): Error;
  /** The borrowing is over. */
  gone(): void;
}

/**
 * Where a connection leads that is borrowed from a router before it is known what it is for: it has no session until its first statement.
 *
 * - A statement that reads binds it to a replica, and further reads stay there, until it is released.
 * - Anything else binds it to the primary, and there it stays until it is released: what follows a write sees it, and what a statement
 *   leaves in a session is there for those after it.
 * - Outside of a transaction it moves from the replica to the primary for the first statement that does not only read, when those before have
 *   ended. Within one it never moves.
 * - A read that turns out to write (in a function, say) is run again on the primary, and the pool remembers it. One whose replica
 *   died is run again elsewhere. Within a transaction neither is.
 */
export class Pinning<Session extends PinnedSession> {
  #bound: Session | undefined;
  /** What was given and not sent, in order. */
  #queue: PinnedJob<Session>[] = [];
  #binding = false;
  /** A transaction is open, or will be by what was sent. */
  #open = false;
  #over = false;
  #given = 0;

  constructor(
    private readonly source: SessionSource,
    private readonly host: PinningHost<Session>,
  ) {}

  /** What it is bound to; until it is, nothing is known about a server. */
  get bound(): Session | undefined {
    return this.#bound;
  }

  /** The place of the next job. */
  next(): number {
    return ++this.#given;
  }

  /** Sends it when its turn has come. */
  push(job: PinnedJob<Session>): void {
    this.#queue.push(job);
    this.#pump();
  }

  /** Ends the borrowing, once what was given has ended; with an error, at once. */
  giveBack(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (error) {
      for (const job of this.#queue.splice(0)) job.fail(this.host.closed());
      if (!this.#binding) this.#leave(error);
    }
    this.#pump();
  }

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

  #fits({ kind }: PinnedJob<Session>, bound: Session): boolean {
    if (!bound.onReplica && !(bound.dead && kind.reads && !this.#open)) return true;
    if (bound.quiet) this.#open = bound.inTransaction;
    return this.#open || (kind.reads && !bound.dead);
  }

  #bind(job: PinnedJob<Session>): void {
    this.#unbind();
    this.#binding = true;
    const access = job.kind.reads ? 'read' : 'write';
    this.source.borrow({ access, tried: job.tried }).then(
      (borrowed) => {
        this.#binding = false;
        this.#bound = this.host.adopt(borrowed, () => this.#pump());
        this.#open = false;
        this.#pump();
      },
      (error: unknown) => {
        this.#binding = false;
        this.#queue.shift()?.fail(this.host.errorOf(error));
        this.#pump();
      },
    );
  }

  #send(job: PinnedJob<Session>, bound: Session): void {
    const { kind } = job;
    const autocommit = !this.#open;
    if (kind.begins) this.#open = true;
    else if (kind.ends) this.#open = false;
    job.send(bound, (error) => {
      const verdict = this.host.failed(bound, error);
      const repeats = kind.reads && !kind.begins && autocommit && bound.onReplica && bound === this.#bound;
      return repeats && this.#again(job, bound, verdict);
    });
  }

  /** Whether a read that failed on a replica is run again elsewhere; on each node once. */
  #again(job: PinnedJob<Session>, bound: Session, verdict: ReadVerdict): boolean {
    const { node } = bound.borrowed;
    if (verdict === 'final' || job.tried.includes(node)) return false;
    if (verdict === 'primary') job.writes();
    else job.tried.push(node);
    this.#queue.push(job);
    this.#queue.sort((one, other) => one.order - other.order);
    // Not in the middle of the driver's own work on the answer.
    process.nextTick(() => {
      if (verdict === 'elsewhere' && this.#bound === bound && bound.quiet) this.#unbind();
      this.#pump();
    });
    return true;
  }

  #unbind(error?: unknown): void {
    const bound = this.#bound;
    this.#bound = undefined;
    if (bound === undefined) return;
    this.host.unbound();
    bound.end(error);
  }

  #leave(error?: unknown): void {
    if (this.#binding) return;
    this.#unbind(error);
    this.#binding = true;
    this.host.gone();
  }
}

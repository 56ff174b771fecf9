import type { BorrowedSession, ReadVerdict, SessionSource } from '@nest-pooling/sql';
import type { Connection, PoolConnection } from 'mysql2';
import { asPoolConnection } from './bound-connection.js';
import { commandOf, isCommand, type Command, type Told } from './insides.js';
import { LentConnection, type ConnectionOwner } from './lent-connection.js';
import { LOAN, type Loan } from './lender.js';
import { closedError, mysql2Error } from './messages.js';
import { RawSession } from './raw-session.js';
import { CommandJob, StatementJob, type Job } from './routed-job.js';
import { kindOf } from './statement-kind.js';
import { tell } from './watch.js';

/**
 * A connection of a router: it has no session until its first statement, which decides where it goes.
 *
 * - A statement that reads binds it to a replica, and further reads stay there, until it is released.
 * - Anything else binds it to the primary, and there it stays until it is released: what follows a write sees it, and what SET, variables,
 *   locks and temporary tables leave in a session is there for the statements after it. `SET TRANSACTION`, `SET autocommit = 0`,
 *   `LOCK TABLES` and `GET_LOCK` are such.
 * - Outside of a transaction it moves from the replica to the primary for the first statement that does not only read, when those before have
 *   ended. Within one it never moves: BEGIN goes to the primary, `START TRANSACTION READ ONLY` to a replica.
 * - A read that turns out to write (in a function, say) is run again on the primary, and the pool remembers it. One whose replica
 *   died is run again elsewhere. Within a transaction neither is.
 */
export class RoutedConnection extends LentConnection implements Loan {
  fresh = true;
  /** Until it is bound nothing is known about a server. */
  #bound: RawSession | undefined;
  /** What was given and not sent, in order. */
  #queue: Job[] = [];
  #binding = false;
  /** A transaction is open, or will be by what was sent. */
  #open = false;
  #returned = false;
  #given = 0;
  #forwarding: (() => void) | undefined;

  constructor(
    owner: ConnectionOwner,
    private readonly source: SessionSource,
    private readonly gone: () => void,
  ) {
    super(owner);
    Object.defineProperty(this, LOAN, { value: this });
  }

  get connection(): PoolConnection {
    return asPoolConnection(this);
  }

  protected override get bare(): Connection | undefined {
    return this.#bound?.connection;
  }

  /** The id of the node it is bound to; `undefined` until then. */
  get node(): string | undefined {
    return this.#bound?.borrowed.node.id;
  }

  override query(sql: unknown, values?: unknown, callback?: unknown): Command {
    const command = isCommand(sql) ? sql : commandOf(sql, values, callback, this.config);
    return this.#take(command, 'query');
  }

  override execute(sql: unknown, values?: unknown, callback?: unknown): Command {
    return this.#take(commandOf(sql, values, callback, this.config), 'execute');
  }

  override addCommand(command: Command): Command {
    if (this.released) process.nextTick(tell, command, closedError());
    else this.#push(new CommandJob(++this.#given, command));
    return command;
  }

  override reset(callback: Told = () => {}): void {
    if (this.released) callback(closedError());
    else if (this.#bound === undefined) process.nextTick(callback, null);
    else this.#bound.reset(callback);
  }

  /** Ends the borrowing, once what was given has ended; with an error, at once. @internal */
  giveBack(error?: unknown): void {
    if (this.#returned) return;
    this.#returned = true;
    this.released = true;
    if (error) {
      for (const job of this.#queue.splice(0)) job.fail(closedError());
      if (!this.#binding) this.#leave(error);
    }
    this.#pump();
  }

  #take(command: Command, way: 'query' | 'execute'): Command {
    if (this.released) process.nextTick(tell, command, closedError());
    else this.#push(new StatementJob(++this.#given, kindOf(this.source, command.sql), command, way));
    return command;
  }

  #push(job: Job): void {
    this.#queue.push(job);
    this.#pump();
  }

  /** Sends what can be sent. */
  #pump(): void {
    while (!this.#binding) {
      const [job] = this.#queue;
      if (job === undefined) {
        if (this.#returned) this.#leave();
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
    if (bound.quiet) this.#open = bound.inTransaction;
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
        this.#queue.shift()?.fail(mysql2Error(error));
        this.#pump();
      },
    );
  }

  #adopt(borrowed: BorrowedSession): void {
    const raw = RawSession.take(borrowed, this.source, () => this.#pump());
    this.#forwarding = this.forward(raw.connection);
    this.#bound = raw;
    this.#open = false;
  }

  #send(job: Job, bound: RawSession): void {
    const { kind } = job;
    const autocommit = !this.#open;
    if (kind.begins) this.#open = true;
    else if (kind.ends) this.#open = false;
    bound.note(kind.profile, job.streams);
    job.send(bound, (error) => {
      const verdict = bound.failed(error);
      const repeats = kind.reads && !kind.begins && autocommit && bound.onReplica && bound === this.#bound;
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
    // Not in the middle of mysql2's own work on the answer.
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

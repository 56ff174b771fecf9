import type { BorrowedSession, SessionSource } from '@nest-pooling/sql';
import { Pinning, type PinningHost } from '@nest-pooling/sql/faces';
import type { Connection, PoolConnection } from 'mysql2';
import { asPoolConnection } from './bound-connection.js';
import { commandOf, isCommand, type Command, type Told } from './insides.js';
import { LentConnection, type ConnectionOwner } from './lent-connection.js';
import { LOAN, type Loan } from './lender.js';
import { closedError, mysql2Error } from './messages.js';
import { RawSession } from './raw-session.js';
import { CommandJob, StatementJob } from './routed-job.js';
import { kindOf } from './statement-kind.js';
import { tell } from './watch.js';

/**
 * A connection of a router: it has no session until its first statement, which decides where it goes, as {@link Pinning} says. SET, variables,
 * locks and temporary tables go to the primary (`SET TRANSACTION`, `SET autocommit = 0`, `LOCK TABLES` and `GET_LOCK` are such), and so does
 * BEGIN; `START TRANSACTION READ ONLY` goes to a replica.
 */
export class RoutedConnection extends LentConnection implements Loan {
  fresh = true;
  readonly #pinning: Pinning<RawSession>;
  #forwarding: (() => void) | undefined;

  constructor(
    owner: ConnectionOwner,
    private readonly source: SessionSource,
    gone: () => void,
  ) {
    super(owner);
    Object.defineProperty(this, LOAN, { value: this });
    this.#pinning = new Pinning(source, this.#host(gone));
  }

  get connection(): PoolConnection {
    return asPoolConnection(this);
  }

  protected override get bare(): Connection | undefined {
    return this.#pinning.bound?.connection;
  }

  /** The id of the node it is bound to; `undefined` until then. */
  get node(): string | undefined {
    return this.#pinning.bound?.borrowed.node.id;
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
    else this.#pinning.push(new CommandJob(this.#pinning.next(), command));
    return command;
  }

  override reset(callback: Told = () => {}): void {
    if (this.released) callback(closedError());
    else if (this.#pinning.bound === undefined) process.nextTick(callback, null);
    else this.#pinning.bound.reset(callback);
  }

  /** Ends the borrowing, once what was given has ended; with an error, at once. @internal */
  giveBack(error?: unknown): void {
    this.released = true;
    this.#pinning.giveBack(error);
  }

  #take(command: Command, way: 'query' | 'execute'): Command {
    const { source } = this;
    const pinning = this.#pinning;
    if (this.released) process.nextTick(tell, command, closedError());
    else pinning.push(new StatementJob(pinning.next(), kindOf(source, command.sql), command, way));
    return command;
  }

  #host(gone: () => void): PinningHost<RawSession> {
    return {
      adopt: (borrowed, drained) => this.#adopt(borrowed, drained),
      unbound: () => this.#forwarding?.(),
      failed: (session, error) => session.failed(error),
      errorOf: mysql2Error,
      closed: closedError,
      gone,
    };
  }

  #adopt(borrowed: BorrowedSession, drained: () => void): RawSession {
    const raw = RawSession.take(borrowed, this.source, drained);
    this.#forwarding = this.forward(raw.connection);
    return raw;
  }
}

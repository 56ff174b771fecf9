import type { BorrowedSession, SessionSource } from '@nest-pooling/sql';
import type { Connection, PoolConnection } from 'mysql2';
import { commandOf, insides, isCommand, type Command, type Told } from './insides.js';
import { LentConnection, type ConnectionOwner } from './lent-connection.js';
import { LOAN, type Loan } from './lender.js';
import { closedError } from './messages.js';
import { RawSession } from './raw-session.js';
import { tell } from './watch.js';

/** A session of one server: one and the same object for as long as the session lives, as with mysql2. */
export class BoundConnection extends LentConnection implements Loan {
  fresh = true;
  readonly #raw: RawSession;
  #gone: () => void = nothing;
  readonly #failed = (error: unknown): void => void this.#raw.failed(error);

  private constructor(
    owner: ConnectionOwner,
    private readonly source: SessionSource,
    raw: RawSession,
  ) {
    super(owner);
    this.#raw = raw;
    Object.defineProperty(this, LOAN, { value: this });
    this.forward(raw.connection);
  }

  /** The one of a session; `gone` is called when it comes back. */
  static of(
    owner: ConnectionOwner,
    source: SessionSource,
    borrowed: BorrowedSession,
    gone: () => void,
  ): BoundConnection {
    const raw = RawSession.take(borrowed, source);
    const kept = raw.face as BoundConnection | undefined;
    // A face that was ended has left its own.
    const bound = kept?.owner === owner ? kept : new BoundConnection(owner, source, raw);
    raw.face = bound;
    bound.released = false;
    bound.#gone = gone;
    return bound;
  }

  get connection(): PoolConnection {
    return asPoolConnection(this);
  }

  protected override get bare(): Connection {
    return this.#raw.connection;
  }

  override query(sql: unknown, values?: unknown, callback?: unknown): Command {
    const command = isCommand(sql) ? sql : commandOf(sql, values, callback, this.config);
    if (this.#refuses(command)) return command;
    const { onResult } = command;
    this.#raw.note(this.source.profile(command.sql), onResult === undefined);
    if (onResult === undefined) command.on('error', this.#failed);
    else command.onResult = this.#heard(onResult);
    return insides(this.bare).query(command);
  }

  override execute(sql: unknown, values?: unknown, callback?: unknown): Command {
    const told = (typeof values === 'function' ? values : callback) as Told | undefined;
    const given = typeof values === 'function' ? undefined : values;
    const text = typeof sql === 'object' ? (sql as { sql: unknown }).sql : sql;
    if (this.released) {
      const late = commandOf(sql, given, told, this.config);
      this.#refuses(late);
      return late;
    }
    this.#raw.note(this.source.profile(String(text)), told === undefined);
    const command = insides(this.bare).execute(sql, given, told && this.#heard(told));
    return told === undefined ? command.on('error', this.#failed) : command;
  }

  override addCommand(command: Command): Command {
    if (this.#refuses(command)) return command;
    this.#raw.note(undefined, false);
    return insides(this.bare).addCommand(command);
  }

  override reset(callback: Told = () => {}): void {
    if (this.released) callback(closedError());
    else this.#raw.reset(callback);
  }

  /** Ends the borrowing. @internal */
  giveBack(error?: unknown): void {
    const gone = this.#gone;
    this.#gone = nothing;
    if (gone === nothing) return;
    this.released = true;
    this.#raw.end(error);
    gone();
  }

  /** After its return it may be somebody else's. */
  #refuses(command: Command): boolean {
    if (this.released) process.nextTick(tell, command, closedError());
    return this.released;
  }

  /** Tells an answer once: who hears of a loss may give the connection back, which tells it once more. */
  #heard(told: Told): Told {
    let over = false;
    return (error, rows, fields) => {
      if (over) return;
      over = true;
      if (error) this.#raw.failed(error);
      told(error, rows, fields);
    };
  }
}

function nothing(): void {}

/** A connection, as the type that mysql2 gives those of its pools. */
export function asPoolConnection(connection: LentConnection): PoolConnection {
  return connection as unknown as PoolConnection;
}

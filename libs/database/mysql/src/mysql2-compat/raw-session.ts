import { OptionsError } from '@nest-pooling/core';
import type { BorrowedSession, NodeSession, Profile, ReadVerdict, SessionSource } from '@nest-pooling/sql';
import type { Connection } from 'mysql2';
import { MysqlSession } from '../session.js';
import { isDead, isQuiet } from './insides.js';
import { lostError } from './messages.js';
import { beginsOne, leavesBehind } from './statement-kind.js';
import { Watch } from './watch.js';

/** A statement whose own time is over; the server still runs it. */
const TIMED_OUT = 'PROTOCOL_SEQUENCE_TIMEOUT';

/**
 * A session of a `SqlPool` of ours, as the bare connection of mysql2 that it is. While it is lent this way what its statements do to
 * the session is noted, so that it is reset before somebody else has it.
 *
 * One for each session, for as long as that lives, since watching a connection at each borrowing would make it slow.
 */
export class RawSession {
  static readonly #all = new WeakMap<NodeSession, RawSession>();

  readonly connection: Connection;
  /** The present borrowing. */
  borrowed!: BorrowedSession;
  /** What its face keeps for it, from one borrowing to the next. */
  face: object | undefined;
  readonly #session: MysqlSession;
  readonly #entry: NodeSession;
  #source: SessionSource | undefined;
  #drained = nothing;
  #quiet: (() => void)[] = [];
  #modes = false;
  #overdue = false;
  #resetting = false;

  private constructor(entry: NodeSession, session: MysqlSession) {
    this.#entry = entry;
    this.#session = session;
    this.connection = session.client;
    const { wire } = session;
    const watch = new Watch(this.connection, {
      // At other times the session hears it for itself.
      heard: (status) => void (this.#source !== undefined && wire.heard(status)),
      quiet: () => this.#onQuiet(),
    });
    wire.onLoss = (error) => {
      watch.tellAll(lostError(error));
      this.#onQuiet();
    };
  }

  /**
   * Takes a borrowed session out of our hands; `drained` is called each time when the server has answered everything.
   * @throws OptionsError when the pool is not one of MySQL; the session was returned then
   */
  static take(borrowed: BorrowedSession, source: SessionSource, drained = nothing): RawSession {
    const entry = borrowed.lease.resource;
    let raw = RawSession.#all.get(entry);
    if (raw === undefined) {
      const { session } = entry;
      if (!(session instanceof MysqlSession)) {
        borrowed.lease.release();
        borrowed.returned?.();
        throw new OptionsError('mysql2-compat', ['pool: must be one of MySQL or MariaDB']);
      }
      RawSession.#all.set(entry, (raw = new RawSession(entry, session)));
    }
    raw.borrowed = borrowed;
    raw.#source = source;
    raw.#drained = drained;
    return raw;
  }

  /** The server that it is connected to takes no writes. */
  get onReplica(): boolean {
    return this.#entry.lane === 'read';
  }

  /** The connection is gone. */
  get dead(): boolean {
    return this.#session.state === 'broken' || isDead(this.connection);
  }

  /** Nothing runs, nothing waits. */
  get quiet(): boolean {
    return this.dead || (isQuiet(this.connection) && !this.#resetting);
  }

  /** A transaction is open, as the server said last. */
  get inTransaction(): boolean {
    return this.#session.state !== 'idle' && !this.dead;
  }

  /** To be told of each statement before it is sent; of a command that is none, without a profile. `streams`: its reader may take his time. */
  note(profile: Profile | undefined, streams: boolean): void {
    const entry = this.#entry;
    if (profile !== undefined) {
      const left = leavesBehind(profile);
      if (left === 'state') entry.dirty = true;
      else if (left === 'modes') this.#modes = true;
      else if (this.#modes && beginsOne(profile)) this.#modes = false;
    }
    if (streams) return;
    entry.activity = this.onReplica ? 'read' : 'write';
    entry.busySince = this.borrowed.node.tick;
  }

  /** To be told of each error. */
  failed(error: unknown): ReadVerdict {
    if (this.#source === undefined) return 'final';
    const { code, fatal } = error as { code?: unknown; fatal?: unknown };
    if (code === TIMED_OUT) {
      this.#overdue = true;
      return 'final';
    }
    const verdict = this.#source.failed(this.borrowed, error);
    // Later: who hears of it gives the session back, and must have decided what becomes of his statement.
    if (fatal) process.nextTick(() => this.#session.wire.lose('the connection was lost', error));
    return verdict;
  }

  /** As a new session has it; see `SqlSession.reset`. */
  reset(told: (error: unknown) => void): void {
    this.#resetting = true;
    const end = (error?: unknown): void => {
      this.#resetting = false;
      this.#modes = false;
      told(error ?? null);
      this.#onQuiet();
    };
    this.#session.reset().then(() => end(), end);
  }

  /** Ends the borrowing. What still runs is waited for before anybody else has the session; `cause` has it closed. */
  end(cause?: unknown): void {
    const entry = this.#entry;
    const { lease, returned } = this.borrowed;
    this.#drained = nothing;
    if (this.#modes) entry.dirty = true;
    this.#modes = false;
    if (cause || this.dead) {
      this.#back();
      entry.broken = true;
      // What it was asked and has not answered is told so.
      this.#session.destroy();
      lease.discard(cause);
      returned?.();
      return;
    }
    if (this.quiet) this.#back();
    else {
      const quiet = this.#untilQuiet().catch(() => void (entry.broken = true));
      entry.quarantine = quiet.then(() => {
        entry.quarantine = undefined;
        this.#back();
      });
    }
    lease.release();
    returned?.();
  }

  #onQuiet(): void {
    if (this.#source === undefined || !this.quiet) return;
    this.#entry.activity = 'none';
    const waiting = this.#quiet;
    this.#quiet = [];
    for (const wake of waiting) wake();
    this.#drained();
  }

  /** A statement that nobody waits for any more is ended on the server; what then comes late hits nobody but the statement behind it. */
  async #untilQuiet(): Promise<void> {
    if (this.#overdue) await this.#session.cancel();
    if (!this.quiet) await new Promise<void>((resolve) => this.#quiet.push(resolve));
    if (this.dead) throw lostError();
    if (this.#overdue) await this.#session.execute({ text: 'SELECT 1' }).catch(nothing);
  }

  #back(): void {
    this.#source = undefined;
    this.#overdue = false;
    this.#entry.activity = 'none';
  }
}

function nothing(): void {}

import { OptionsError } from '@nest-pooling/core';
import type { BorrowedSession, NodeSession, Profile, SessionSource } from '@nest-pooling/sql';
import type { PoolClient } from 'pg';
import { PostgresSession } from '../session.js';
import { isDead, isQuiet, untilQuiet } from './pg-client.js';
import { preparedName, textOf } from './statement-text.js';

/** As a fingerprint: without comments, in lower case. */
const BEGIN_ALONE = /^(begin|start transaction)\b[^;]*;?$/;

type Query = (...given: unknown[]) => unknown;

/**
 * A session of a `SqlPool` of ours, as the bare `pg.Client` that it is. While it is lent this way pg sends one statement after
 * the other, as its users expect (a cursor cannot share a pipeline); what its statements do to the session is noted, so that it is
 * reset before somebody else has it; and what they prepare under a name is known to both.
 *
 * One for each session, for as long as that lives, since changing what a client has at each borrowing would make it slow.
 */
export class RawSession {
  static readonly #all = new WeakMap<NodeSession, RawSession>();

  readonly client: PoolClient;
  /** The present borrowing. */
  borrowed!: BorrowedSession;
  readonly #session: PostgresSession;
  readonly #entry: NodeSession;
  readonly #pipelined: boolean;
  #source: SessionSource | undefined;
  #drained = nothing;

  private constructor(entry: NodeSession, session: PostgresSession) {
    this.#entry = entry;
    this.#session = session;
    this.client = session.client as PoolClient;
    this.#pipelined = this.client.pipeline;
    const onDrain = (): void => {
      if (this.#source === undefined) return;
      entry.activity = 'none';
      this.#drained();
    };
    this.client.on('drain', onDrain);
    this.client.on('end', onDrain);
    this.#watch();
  }

  /**
   * Takes a borrowed session out of our hands; `drained` is called each time when the server has answered everything.
   * @throws OptionsError when the pool is not one of Postgres; the session was returned then
   */
  static take(borrowed: BorrowedSession, source: SessionSource, drained = nothing): RawSession {
    const entry = borrowed.lease.resource;
    let raw = RawSession.#all.get(entry);
    if (raw === undefined) {
      const { session } = entry;
      if (!(session instanceof PostgresSession)) {
        borrowed.lease.release();
        borrowed.returned?.();
        throw new OptionsError('pg-compat', ['pool: must be one of Postgres']);
      }
      RawSession.#all.set(entry, (raw = new RawSession(entry, session)));
    }
    raw.borrowed = borrowed;
    raw.#source = source;
    raw.#drained = drained;
    raw.#pipeline(false);
    return raw;
  }

  /** The server that it is connected to takes no writes. */
  get onReplica(): boolean {
    return this.#entry.lane === 'read';
  }

  /** The connection is gone. */
  get dead(): boolean {
    return this.#session.state === 'broken' || isDead(this.client);
  }

  /** Nothing runs, nothing waits. */
  get quiet(): boolean {
    return this.dead || isQuiet(this.client);
  }

  /** A transaction is open, as the server said last. */
  get inTransaction(): boolean {
    return !this.dead && this.client.getTransactionStatus() !== 'I';
  }

  /** Ends the borrowing. What still runs is waited for before anybody else has the session; `cause` has it closed. */
  end(cause?: unknown): void {
    const entry = this.#entry;
    const { lease, returned } = this.borrowed;
    this.#drained = nothing;
    if (cause || this.dead) {
      this.#back();
      entry.broken = true;
      lease.discard(cause);
      returned?.();
      return;
    }
    if (this.quiet) this.#back();
    else {
      const quiet = untilQuiet(this.client).catch(() => void (entry.broken = true));
      entry.quarantine = quiet.then(() => {
        entry.quarantine = undefined;
        this.#back();
      });
    }
    lease.release();
    returned?.();
  }

  #back(): void {
    this.#source = undefined;
    this.#entry.activity = 'none';
    this.#pipeline(this.#pipelined);
  }

  #pipeline(on: boolean): void {
    (this.client as { pipeline: boolean }).pipeline = on;
  }

  /** By a property of its own: the client stays what it is, and whoever looks finds pg's. */
  #watch(): void {
    const { client } = this;
    const query = Reflect.get(client, 'query') as Query;
    (client as { query: Query }).query = (...given) => {
      const source = this.#source;
      // Ours, from within a session that nobody has borrowed.
      if (source === undefined) return query.apply(client, given);
      this.#note(source, given[0]);
      const result = query.apply(client, given);
      // Who reads in pages may take his time between them.
      if (typeof (given[0] as { submit?: unknown } | null)?.submit !== 'function') {
        this.#entry.activity = this.onReplica ? 'read' : 'write';
        this.#entry.busySince = this.borrowed.node.tick;
      }
      return result;
    };
  }

  #note(source: SessionSource, given: unknown): void {
    const entry = this.#entry;
    const text = textOf(given);
    // Of a custom query without a text nothing is known.
    if (!entry.dirty && (text === undefined || leavesState(source.profile(text)))) entry.dirty = true;
    const name = preparedName(given);
    if (name === undefined || text === undefined) return;
    this.#session.wire.prepared.shareWithPg(name, text, this.client);
  }
}

/** A BEGIN alone leaves nothing but a transaction, which is looked for when the session comes back. */
function leavesState({ pins, fingerprint }: Profile): boolean {
  return pins && !BEGIN_ALONE.test(fingerprint);
}

function nothing(): void {}

import { PoolingError, type Env, type PingResult } from '@nest-pooling/core';
import type { NodeTarget, Position, ProbeResult, Role, SqlDriver, SqlSession } from './driver.js';
import { SqlConnectionError, SqlTimeoutError } from './errors.js';
import { connect } from './node-session.js';
import { QuestionLimit } from './question-limit.js';

/** Where a server's log was, and what the server was. */
export interface ToldPosition {
  readonly position: Position;
  /** The role of the server when the session was opened that asked: a driver refuses where it has changed. */
  readonly role: Role;
}

/** Hears what a prober finds out beside its answers. */
export interface ProberObserver {
  /** The node answers after it did not: nobody has to wait for what was decided meanwhile. */
  recovered(): void;
  /** A question had no answer, or the session was lost between two of them: the server may have been started anew. */
  failed(): void;
}

/**
 * Asks one node whether it lives, on a session of its own that never waits in a pool's queue. The session is
 * kept; after a failure the next probe opens a new one.
 */
export class Prober {
  #session: SqlSession | undefined;
  /** The one that a question is under way on. */
  #asked: SqlSession | undefined;
  #running: Promise<ProbeResult> | undefined;
  /** The end of the question that was asked last: a session answers one at a time. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #limits = new Set<QuestionLimit>();
  #closed = false;
  /** What the node was when it was probed last. */
  #role: Role | undefined;
  /** The last probe was missed. */
  #silent = false;

  constructor(
    private readonly driver: SqlDriver,
    private readonly target: NodeTarget,
    private readonly env: Env,
    private readonly observer: ProberObserver,
  ) {}

  /** A probe is under way: another call shares it. */
  get probing(): boolean {
    return this.#running !== undefined;
  }

  /** Probes; rejects after `timeoutMs`. Calls that overlap share one probe, which then has the time of the first. */
  probe(timeoutMs: number): Promise<ProbeResult> {
    return (this.#running ??= this.#bounded(timeoutMs, async (session) => {
      const result = await session.probe();
      this.#role = result.role;
      return result;
    }).finally(() => (this.#running = undefined)));
  }

  /** Asks where the log is now: less work for the server than a probe. Rejects after `timeoutMs`. */
  position(timeoutMs: number): Promise<ToldPosition> {
    return this.#bounded(timeoutMs, async (session) => {
      const position = await session.position();
      return { position, role: session.identity.role };
    });
  }

  /** The same as an answer that never rejects and holds no text of the server. */
  async ping(timeoutMs: number): Promise<PingResult> {
    const began = this.env.scheduler.now();
    const ms = (): number => Math.round((this.env.scheduler.now() - began) * 10) / 10;
    try {
      await this.probe(timeoutMs);
      return { ok: true, ms: ms() };
    } catch (error) {
      return { ok: false, ms: ms(), code: error instanceof PoolingError ? error.code : 'PROBE_FAILED' };
    }
  }

  /** Forgets the session, whose node has new credentials. What is asked on it now may still be answered: the node has done nothing. */
  drop(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    delete session.onLost;
    if (session !== this.#asked) session.destroy();
  }

  /** Ends what is asked, too. */
  #cut(): void {
    const asked = this.#asked;
    this.drop();
    asked?.destroy();
  }

  close(): void {
    this.#closed = true;
    for (const limit of this.#limits) limit.end(new Error('the pool was closed'));
    this.#cut();
  }

  async #bounded<R>(timeoutMs: number, question: (session: SqlSession) => Promise<R>): Promise<R> {
    if (this.#closed) throw new Error('the pool was closed');
    const { scheduler } = this.env;
    const limit = new QuestionLimit();
    this.#limits.add(limit);
    // The answer may lie in a socket that a blocked event loop has not read yet.
    const timer = scheduler.after(timeoutMs, () =>
      scheduler.afterIo(() => limit.end(new SqlTimeoutError(this.target.id, timeoutMs))),
    );
    timer.unref();
    try {
      const asked = this.#ask(this.#last, limit, question);
      this.#last = asked.catch(nothing);
      const result = await limit.bound(asked);
      if (this.#silent) this.observer.recovered();
      this.#silent = false;
      return result;
    } catch (error) {
      this.#silent = true;
      this.observer.failed();
      this.#cut();
      throw error;
    } finally {
      timer.cancel();
      this.#limits.delete(limit);
    }
  }

  async #ask<R>(
    before: Promise<unknown>,
    limit: QuestionLimit,
    question: (session: SqlSession) => Promise<R>,
  ): Promise<R> {
    await before;
    if (limit.reason !== undefined) throw limit.reason;
    // What it said it is when it was opened would be told with every position.
    if (this.#session?.identity.role === 'replica' && this.#role === 'primary') this.drop();
    let session = this.#session;
    if (session === undefined) {
      session = await connect(this.driver, this.target, 'probe', this.env, limit.signal);
      if (limit.reason !== undefined || this.#closed) {
        session.destroy();
        throw limit.reason ?? new Error('the pool was closed');
      }
      session.onLost = () => {
        this.#session = undefined;
        this.observer.failed();
      };
      this.#session = session;
    }
    this.#asked = session;
    try {
      return await question(session);
    } catch (error) {
      const { role } = session.identity;
      const fault = this.driver.fault(error, { lane: 'probe', role, sent: true, committing: false });
      throw new SqlConnectionError(this.target.id, fault);
    } finally {
      if (this.#asked === session) this.#asked = undefined;
      // It was dropped meanwhile.
      if (this.#session !== session) session.destroy();
    }
  }
}

function nothing(): void {}

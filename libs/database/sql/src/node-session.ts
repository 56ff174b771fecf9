import type { Env } from '@nest-pooling/core';
import type { CheckResult, ResourceFactory } from '@nest-pooling/pool';
import type { FaultContext, Lane, NodeTarget, ServerIdentity, SqlDriver, SqlSession } from './driver.js';
import { SqlConnectError } from './errors.js';
import type { Fault } from './fault.js';

/** What a session is doing. Only reads are abandoned when their node is ejected, and a commit is never cancelled. */
export type Activity = 'none' | 'read' | 'write' | 'commit';

/** A session and what the node must know about it; the resource of a node's pool. */
export interface NodeSession {
  /** The session itself. */
  readonly session: SqlSession;
  /** The lane that it was opened for; its node may have another by now. */
  readonly lane: Lane;
  /** What it is used for at the moment. */
  activity: Activity;
  /** The watchdog's count when the running statement began. */
  busySince: number;
  /** A statement left state behind (SET, LISTEN, a temporary table): reset before somebody else has it. */
  dirty: boolean;
  /** Not to be used again. */
  broken: boolean;
  /** Why it is broken, if the connection was lost while nothing ran. */
  lost: Fault | undefined;
  /** What ran here was interrupted: nobody may use the session until this has settled. Never rejects. */
  quarantine: Promise<void> | undefined;
  /** Its statement has run for too long, and is being ended. */
  overdue: boolean;
  /** Ends the quarantine, because the session goes. */
  endQuarantine: (() => void) | undefined;
}

/** Hears of sessions that come and go. */
export interface SessionObserver {
  opened(entry: NodeSession): void;
  closed(entry: NodeSession): void;
  /** The connection was lost while nobody used it. */
  lost(entry: NodeSession, fault: Fault): void;
  /** A session is about to be opened. Returns what says why one with whoever answered may not be used; `undefined` when it may. */
  opening(): (identity: ServerIdentity) => string | undefined;
}

/** Opens, checks, resets and closes the sessions of one node and lane. */
export class SessionFactory implements ResourceFactory<NodeSession> {
  constructor(
    private readonly driver: SqlDriver,
    private readonly target: NodeTarget,
    private readonly lane: () => Lane,
    private readonly env: Env,
    private readonly observer: SessionObserver,
  ) {}

  async create(signal: AbortSignal): Promise<NodeSession> {
    const lane = this.lane();
    const refusalOf = this.observer.opening();
    const session = await connect(this.driver, this.target, lane, this.env, signal);
    const refusal = refusalOf(session.identity);
    if (refusal !== undefined) {
      await session.close();
      const cause = new Error(refusal);
      throw new SqlConnectError(this.target.id, {
        category: 'role',
        scope: 'node',
        outcome: 'not-sent',
        cause,
      });
    }
    const entry: NodeSession = {
      session,
      lane,
      activity: 'none',
      busySince: 0,
      dirty: false,
      broken: false,
      lost: undefined,
      quarantine: undefined,
      overdue: false,
      endQuarantine: undefined,
    };
    session.onLost = (fault) => {
      entry.broken = true;
      entry.lost = fault;
      this.observer.lost(entry, fault);
    };
    this.observer.opened(entry);
    return entry;
  }

  check(entry: NodeSession): CheckResult {
    if (entry.quarantine !== undefined) return 'reset';
    if (entry.broken) return 'broken';
    const { state } = entry.session;
    if (state === 'idle') return entry.dirty ? 'reset' : 'ok';
    return state === 'broken' ? 'broken' : 'reset';
  }

  async validate(entry: NodeSession): Promise<boolean> {
    await entry.session.probe();
    return true;
  }

  async reset(entry: NodeSession): Promise<void> {
    const { session } = entry;
    if (entry.quarantine !== undefined) {
      await entry.quarantine;
      if (entry.broken) throw new Error('the session did not become quiet after a cancel');
      if (!entry.dirty && session.state === 'idle') return;
    }
    await session.reset();
    entry.dirty = false;
  }

  async destroy(entry: NodeSession): Promise<void> {
    this.observer.closed(entry);
    const { session } = entry;
    delete session.onLost;
    entry.endQuarantine?.();
    // A goodbye would wait behind whatever still runs there, and so would its caller.
    if (entry.broken || entry.activity !== 'none' || session.state !== 'idle') session.destroy();
    await session.close();
  }
}

/** Opens a session; what goes wrong comes as a {@link SqlConnectError}. */
export async function connect(
  driver: SqlDriver,
  target: NodeTarget,
  lane: Lane,
  env: Env,
  signal: AbortSignal,
): Promise<SqlSession> {
  try {
    return await driver.connect(target, lane, env, signal);
  } catch (error) {
    const during: FaultContext = { lane, role: 'unknown', sent: false, committing: false };
    throw new SqlConnectError(target.id, driver.fault(error, during));
  }
}

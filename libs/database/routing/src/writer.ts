import { deadlineKey, getContext, scopedSignal, type Env } from '@nest-pooling/core';
import { PoolAbandonedError, PoolClosedError, PoolCreateError } from '@nest-pooling/pool';
import { CircuitOpenError } from '@nest-pooling/resilience';
import { SqlCancelledError, SqlError, type SqlNode } from '@nest-pooling/sql';
import { PrimaryUnavailableError, ReadOnlyError } from './errors.js';
import type { GateLimits, GateRefusal } from './failover-gate.js';
import type { Leadership } from './leadership.js';
import { judgeWrite } from './verdict.js';

/** What was not sent is tried so often while the primary answers probes. */
const TRIES = 3;
/** The same for what its breaker has not admitted, which costs nothing. */
const TRIES_OF_REJECTED = 7;
/** Between two of those, in milliseconds; twice as long each time. */
const PAUSE_MS = 8;

/** What of a call limits how long it may wait. */
export interface WriteLimits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Something that is to run on the primary; `options` are the caller's, with the time that is left. */
export type WriteWork<R, O> = (sql: SqlNode, options: O | undefined) => Promise<R>;

/**
 * Runs what only the primary may run: once at most. What was not sent, because the primary is gone or none is known, waits at the gate
 * for the next one.
 */
export class Writer {
  #readOnly: string | undefined;

  constructor(
    private readonly name: string,
    private readonly leadership: Leadership,
    private readonly env: Env,
    /** Called when something has ended that may have been committed, with whether its caller is told so. */
    private readonly wrote: (told: boolean) => void,
  ) {}

  /** Refuses writes until the function that it returns is called. */
  refuse(reason: string): () => void {
    this.#readOnly = reason;
    return () => (this.#readOnly = undefined);
  }

  /** Where writes go now. Throws a PrimaryUnavailableError `ROUTING_PRIMARY_UNAVAILABLE`. */
  node(): SqlNode {
    const { primary } = this.leadership;
    if (primary === undefined) throw new PrimaryUnavailableError(this.name, undefined, undefined);
    return primary.sql;
  }

  /** Work on a session of its own that may take part in more than one statement: once it has begun, it is not begun again. */
  lend<C, R, O extends WriteLimits>(
    work: (connection: C) => Promise<R>,
    options: O | undefined,
    lend: (sql: SqlNode, work: (connection: C) => Promise<R>, options: O | undefined) => Promise<R>,
  ): Promise<R> {
    let begun = false;
    const noted = (connection: C): Promise<R> => {
      begun = true;
      return work(connection);
    };
    return this.run<R, O>(
      (sql, left) => lend(sql, noted, left),
      options,
      () => begun,
    );
  }

  /** `begun` says whether something of the work may have happened, should it fail without having been sent. */
  async run<R, O extends WriteLimits>(
    work: WriteWork<R, O>,
    options: O | undefined,
    begun: () => boolean = never,
  ): Promise<R> {
    if (this.#readOnly !== undefined) throw new ReadOnlyError(this.name, this.#readOnly);
    const { leadership } = this;
    let limits: (GateLimits & { readonly since: number }) | undefined;
    let left = options;
    let failure: unknown;
    let tries = 0;
    if (options?.timeoutMs !== undefined) limits = this.#limits(options);
    for (;;) {
      if (!leadership.gate.open) {
        limits ??= this.#limits(options);
        const refusal = await leadership.gate.pass(limits);
        if (refusal !== undefined) throw this.#refused(refusal, limits, failure);
        left = this.#rest(options, limits);
      }
      const node = leadership.primary;
      // Lost again while we were let through.
      if (node === undefined) continue;
      const permit = node.breaker.tryEnter();
      let result: R;
      try {
        if (permit === 0) throw node.breaker.rejection();
        result = await work(node.sql, left);
      } catch (error) {
        if (permit !== 0) judgeWrite(node, permit, error);
        const notSent = !begun() && wasNotSent(error);
        if (!notSent) this.wrote(false);
        const asked = speaksAgainst(error) ? leadership.doubt(node) : undefined;
        if (!notSent) throw error;
        limits ??= this.#limits(options);
        if (asked !== undefined) {
          const over = await leadership.gate.until(asked, limits);
          if (over !== undefined) throw this.#refused(over, limits, error);
        }
        // It answers, but there is no session to be had: that may be the moment, or its limit of sessions.
        if (leadership.gate.open) {
          const rejected = error instanceof CircuitOpenError;
          if (++tries >= (rejected ? TRIES_OF_REJECTED : TRIES)) {
            throw new PrimaryUnavailableError(this.name, node.id, error);
          }
          // Others are finding out whether it works again.
          const over = rejected ? await leadership.gate.rest(PAUSE_MS * 2 ** tries, limits) : undefined;
          if (over !== undefined) throw this.#refused(over, limits, error);
        }
        failure = error;
        left = this.#rest(options, limits);
        continue;
      }
      this.wrote(true);
      node.breaker.succeed(permit);
      node.health.succeeded();
      return result;
    }
  }

  #limits(options: WriteLimits | undefined): GateLimits & { readonly since: number } {
    const since = this.env.scheduler.now();
    const deadline = Math.min(since + (options?.timeoutMs ?? Infinity), getContext(deadlineKey) ?? Infinity);
    return { since, deadline, signal: scopedSignal(options?.signal) };
  }

  /** The caller's options with the time that is left. */
  #rest<O extends WriteLimits>(options: O | undefined, { deadline }: GateLimits): O | undefined {
    if (options?.timeoutMs === undefined) return options;
    return { ...options, timeoutMs: Math.max(0, deadline - this.env.scheduler.now()) };
  }

  #refused(refusal: GateRefusal, limits: GateLimits & { readonly since: number }, error: unknown): Error {
    const { primary, gate } = this.leadership;
    const node = primary?.id;
    switch (refusal) {
      case 'aborted':
        return new SqlCancelledError(node ?? this.name, limits.signal?.reason);
      case 'closed':
        return new PoolClosedError(this.name, 'closed');
      case 'full':
        return new PrimaryUnavailableError(
          this.name,
          node,
          error,
          `${gate.waiting} writes wait for it already`,
        );
      default:
        return new PrimaryUnavailableError(this.name, node, error);
    }
  }
}

/** No session was had, so that nothing can have been sent. */
function wasNotSent(error: unknown): boolean {
  return (
    error instanceof PoolCreateError ||
    error instanceof PoolAbandonedError ||
    error instanceof CircuitOpenError
  );
}

/** A server that refuses a write, or is gone, may be the primary no longer. */
function speaksAgainst(error: unknown): boolean {
  if (!(error instanceof SqlError)) return wasNotSent(error);
  const { category } = error.fault ?? {};
  return category === 'role' || category === 'connection';
}

const never = (): boolean => false;

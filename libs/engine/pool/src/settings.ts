import type { AdaptiveOptions } from './adaptive.js';
import type { PresetName } from './presets.js';

/** How attempts to create are spaced after a failure: `initialMs * 2^n`, at most `maxMs`, times a random share. */
export interface CreateBackoff {
  /** Milliseconds before the first repetition. Default 100. */
  readonly initialMs?: number;
  /** Upper bound in milliseconds. Default 5,000. */
  readonly maxMs?: number;
}

/** When to complain about leases that do not come back. */
export interface LeakOptions {
  /** Milliseconds after which a borrowing is reported, once, with its label. Default 60,000; `Infinity` is never. */
  readonly warnAfterMs?: number;
  /**
   * Milliseconds after which a resource is taken from its holder and destroyed; the holder's next use of it throws a
   * `LeaseEndedError`. Default `Infinity`: never, because only the application knows whether the holder still works with it.
   */
  readonly reclaimAfterMs?: number;
  /**
   * Whether a stack is taken when a resource is lent, for reports of leaks and of holders: `always`, for one borrowing in
   * 64 (`sampled`), or `off` (the default): a stack costs 2.5 µs, thirty times a borrowing; labels cost nothing.
   */
  readonly stacks?: 'off' | 'sampled' | 'always';
  /**
   * Takes back what was lent by a lease that was garbage collected without being released. Default `false`: watching costs
   * about 0.2 µs a borrowing. A diagnostic, no way of working; not together with `leasesPerResource`.
   */
  readonly collected?: boolean;
}

/** When waiters are dropped early, so that those who remain are served soon (CoDel). */
export interface SheddingOptions {
  /** The wait, in milliseconds, that is acceptable. Default 50. */
  readonly targetMs?: number;
  /** When every wait within such an interval exceeded the target, the pool is overloaded. In milliseconds, default 2,000. */
  readonly intervalMs?: number;
}

/** The options that any pool has, whatever it lends. Durations are in milliseconds. */
export interface PoolSettings {
  /** A set of sizes and times for a situation; options given beside it win. Default: none, the defaults below. */
  readonly preset?: PresetName;
  /** Resources kept ready, also when idle; refilled when one is lost. Default 2, or `max` or `maxIdle` if that is less. */
  readonly min?: number;
  /** Resources at the most. Default 10: copies of a service times pools must fit what the server allows. */
  readonly max?: number;
  /** Idle resources kept at the most; more are closed on return. Default: no limit, none is closed. */
  readonly maxIdle?: number;
  /**
   * How many borrowers may have the same resource at a time; the least loaded one is lent. Default 1. For what takes many
   * requests at once: an HTTP/2 session, a gRPC channel.
   */
  readonly leasesPerResource?: number;
  /** Callers that may wait; one more is refused at once. Default 10,000. */
  readonly maxWaiters?: number;
  /** Who has waited for so long is served before somebody of the next higher priority who just came. Default 1,000. */
  readonly priorityAgingMs?: number;
  /** A waiter that has waited for so long is reported by the event `slow`, before its timeout. Default 1,000; `Infinity` never. */
  readonly slowAcquireMs?: number;
  /**
   * Lets the pool change `max` by itself, between a floor and a ceiling (by default `min` and `max`), after the mean of
   * what is in use. Default: off. While it is on, `resize` refuses to set `max`.
   */
  readonly adaptive?: AdaptiveOptions;
  /** Drops waiters early under overload. Default: off, everybody waits until the own deadline. */
  readonly shedding?: SheddingOptions;
  /** How long an acquire waits at most. Default 10,000: the error comes before the proxies in front give up. */
  readonly acquireTimeoutMs?: number;
  /** How long one create may take. Default 5,000: below the acquire timeout, so that its cause can be told. */
  readonly createTimeoutMs?: number;
  /** Creates under way at a time. Default 4: a reconnect storm hurts the server that just came back. */
  readonly createConcurrency?: number;
  /** How attempts to create are spaced after a failure. */
  readonly createBackoff?: CreateBackoff;
  /** After creates have failed for this long and nothing is lent, waiters fail with the cause. Default 1,000. */
  readonly failFastAfterMs?: number;
  /** How long an idle resource above `min` is kept; counted from its return. Default 300,000; `Infinity` for ever. */
  readonly idleTimeoutMs?: number;
  /** Age at which a resource is replaced when it is idle or comes back. Default 1,800,000; `Infinity` never. */
  readonly maxLifetimeMs?: number;
  /** Share of the lifetime that is cut off at random, so that not all expire together. Default 0.1. */
  readonly lifetimeJitter?: number;
  /** Borrowings after which a resource is replaced. Default: no limit. */
  readonly maxUses?: number;
  /** A resource that was idle for longer is validated before it is lent. Default 30,000; `Infinity` never. */
  readonly validateAfterIdleMs?: number;
  /**
   * An idle resource is validated in the background after so long without use or validation, two at a time. It keeps
   * firewalls from forgetting connections, too. Default 30,000; `Infinity` never.
   */
  readonly keepaliveIntervalMs?: number;
  /** Whether resources are validated each time they come back, before anybody else has them. Default `false`: a round trip each. */
  readonly validateOnReturn?: boolean;
  /**
   * When a frozen and thawed process (a sleeping laptop, a paused container) is noticed, so that what it holds is validated
   * before it is lent: at the keeper's next tick (`tick`, the default), or at the next borrowing (`borrow`), which reads a
   * clock each time, about 40 ns. The preset `serverless` says `borrow`.
   */
  readonly freezeCheck?: 'tick' | 'borrow';
  /** How long one validation may take. Default 2,000. */
  readonly validateTimeoutMs?: number;
  /** How long one reset may take before the resource is destroyed instead. Default 5,000. */
  readonly resetTimeoutMs?: number;
  /** How long a destroy may take before its place is given away all the same. Default 5,000. */
  readonly destroyTimeoutMs?: number;
  /** How long {@link Pool.close} waits for leases. Default 5,000. */
  readonly closeTimeoutMs?: number;
  /** From this many waiters on the pool calls itself unhealthy. Default 10. */
  readonly unhealthyWaiters?: number;
  /** When leases that do not come back are reported, and taken back. */
  readonly leak?: LeakOptions;
  /**
   * Detects that everybody who holds a resource through {@link Pool.use} waits for another one of the same pool, and fails
   * the last one with a `PoolDeadlockError` that explains it. Default `false`: it needs an asynchronous context per use.
   */
  readonly detectDeadlock?: boolean;
  /** Keeps histograms of wait, use and create times, see {@link PoolStats.times}. Default `false`: it needs clock reads. */
  readonly histograms?: boolean;
}

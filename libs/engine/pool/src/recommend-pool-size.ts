import { Problems } from '@nest-pooling/core';
import { erlangC, nextErlangB, waitAt, waitProbability } from './erlang.js';

/** What {@link recommendPoolSize} must know: how much is asked of the pool, and what waits may cost. */
export interface PoolLoad {
  /** Acquires per second, on average over the busiest minutes. Give it with `serviceMs`, or give `concurrency`. */
  readonly arrivalsPerSecond?: number;
  /** How long a lease is held, on average, in milliseconds. Without it waits cannot be told in milliseconds. */
  readonly serviceMs?: number;
  /** Leases that are out at a time, on average, in place of `arrivalsPerSecond`. */
  readonly concurrency?: number;
  /**
   * The share of the pool that may be in use on average, above 0 and at most 1. Default 0.7: waits grow
   * without bound towards 1, and a load is never as even as its mean.
   */
  readonly targetUtilization?: number;
  /** 99 of 100 acquires must not wait longer, in milliseconds; needs `serviceMs`. Default: no such bound. */
  readonly p99WaitMs?: number;
  /** Resources at the most, for instance what the server allows. Default: no bound. */
  readonly max?: number;
}

/** The size that a load needs, and how long callers will wait with it. */
export interface PoolSizeAdvice {
  /** For `max`; more than the load always, unless the given `max` is less. */
  readonly size: number;
  /** Whether the given `max` keeps the size below what the load needs. */
  readonly limited: boolean;
  /** `load / size`; 1 or more means that the queue grows for ever. */
  readonly utilization: number;
  /** The share of acquires that wait at all. */
  readonly waitProbability: number;
  /** The mean wait of all acquires in milliseconds; `Infinity` when overloaded, `undefined` without `serviceMs`. */
  readonly meanWaitMs: number | undefined;
  /** Half of all acquires wait no longer. */
  readonly p50WaitMs: number | undefined;
  /** 99 of 100 acquires wait no longer. */
  readonly p99WaitMs: number | undefined;
}

const names = ['arrivalsPerSecond', 'serviceMs', 'concurrency', 'targetUtilization', 'p99WaitMs', 'max'];
/** More than any pool has; bounds the work. */
const MOST = 1_000_000;

/**
 * How large a pool must be. The load is arrivals times holding time (Little's law); the size is the load
 * *divided* by the target utilisation, and more where the bound on the wait asks for it. Waits are those of an
 * M/M/c queue (Erlang C): arrivals at random, holding times spread as an exponential distribution. Steadier ones
 * wait less, bursts wait more. Throws an `OptionsError` that lists every wrong value.
 */
export function recommendPoolSize(load: PoolLoad): PoolSizeAdvice {
  const { serviceMs, targetUtilization = 0.7, p99WaitMs = Infinity, max = Infinity } = load;
  check(load);
  const erlangs = load.concurrency ?? (load.arrivalsPerSecond! * serviceMs!) / 1_000;
  let blocked = 1;
  let needed = 0;
  do {
    needed++;
    blocked = nextErlangB(blocked, needed, erlangs);
  } while (!enough(needed));
  const size = Math.min(needed, max);

  function enough(servers: number): boolean {
    if (servers <= erlangs || erlangs > servers * targetUtilization * (1 + Number.EPSILON)) return false;
    if (p99WaitMs === Infinity) return true;
    return (
      waitAt(0.99, waitProbability(blocked, servers, erlangs), servers, erlangs) * serviceMs! <= p99WaitMs
    );
  }

  const waiting = erlangC(size, erlangs);
  const overloaded = erlangs >= size;
  const ms = (services: number): number | undefined =>
    serviceMs === undefined ? undefined : overloaded ? Infinity : services * serviceMs;
  return {
    size,
    limited: size < needed,
    utilization: erlangs / size,
    waitProbability: waiting,
    meanWaitMs: ms(waiting / (size - erlangs)),
    p50WaitMs: ms(waitAt(0.5, waiting, size, erlangs)),
    p99WaitMs: ms(waitAt(0.99, waiting, size, erlangs)),
  };
}

function check(load: PoolLoad): void {
  const { arrivalsPerSecond, serviceMs, concurrency, targetUtilization, p99WaitMs, max } = load;
  const problems = new Problems();
  problems.unknown('', load, names);
  problems.number('arrivalsPerSecond', arrivalsPerSecond, { min: 0, max: 1_000_000_000 });
  problems.duration('serviceMs', serviceMs);
  problems.number('concurrency', concurrency, { min: 0, max: MOST });
  problems.number('targetUtilization', targetUtilization, { min: 0.01, max: 1 });
  problems.number('p99WaitMs', p99WaitMs, { min: 0, infinite: true });
  problems.number('max', max, { min: 1, max: MOST, integer: true, infinite: true });
  if ((concurrency === undefined) === (arrivalsPerSecond === undefined))
    problems.add('concurrency', 'give either this or arrivalsPerSecond');
  if (serviceMs === undefined && (arrivalsPerSecond !== undefined || Number.isFinite(p99WaitMs ?? Infinity)))
    problems.add('serviceMs', 'is required with arrivalsPerSecond and with p99WaitMs');
  if (
    arrivalsPerSecond !== undefined &&
    serviceMs !== undefined &&
    arrivalsPerSecond * serviceMs > MOST * 1_000
  )
    problems.add('arrivalsPerSecond', `times serviceMs is a load of more than ${MOST}`);
  problems.throwIfAny('the load of a pool');
}

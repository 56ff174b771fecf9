import type { ManagedStatus } from '@nest-pooling/core';
import type { Engine } from './engine.js';
import type { PoolNumbers } from './errors.js';
import type { PoolTimes } from './times.js';

/** What a pool says about itself: sizes now, and totals since it was made. */
export interface PoolStats {
  /** The name that the pool was given. */
  readonly name: string;
  /** Where the pool is in its life. */
  readonly status: ManagedStatus;
  /** Resources kept ready. */
  readonly min: number;
  /** Resources at the most. */
  readonly max: number;
  /** Resources that exist, including those being created, checked or closed. */
  readonly total: number;
  /** Lendable. */
  readonly idle: number;
  /** Lent. */
  readonly leased: number;
  /** Being created. */
  readonly creating: number;
  /** Being validated or reset. */
  readonly checking: number;
  /** Being destroyed. */
  readonly closing: number;
  /** Callers that wait. */
  readonly waiting: number;
  /** The most that were ever lent at the same time. */
  readonly peak: number;
  /** `leased / (max * leasesPerResource)`, from 0 to 1. */
  readonly utilization: number;
  /** The share of borrowings that needed no create: `1 - created / acquired`, from 0 to 1. */
  readonly reuse: number;
  /** Borrowings since the start. */
  readonly acquired: number;
  /** Resources created since the start. */
  readonly created: number;
  /** Creates that failed or took too long. */
  readonly createErrors: number;
  /** Acquires that ran into their deadline. */
  readonly timeouts: number;
  /** Acquires that their caller gave up. */
  readonly cancelled: number;
  /** Acquires that were refused at once: queue full, nothing can be created, or a deadlock. */
  readonly refused: number;
  /** Validations and resets that failed. */
  readonly failedChecks: number;
  /** Borrowings that were reported as leaks. */
  readonly leaks: number;
  /** Leases that were used or ended after their end. */
  readonly misuses: number;
  /** Resources that were taken from their holders. */
  readonly reclaimed: number;
  /** Waiters that were dropped under overload. */
  readonly shed: number;
  /** How long things took; `undefined` unless the option `histograms` is on. */
  readonly times: PoolTimes | undefined;
  /** Destroyed resources by reason. */
  readonly destroyed: Readonly<Record<string, number>>;
  /** How long there have been fewer resources than `min`, in milliseconds. */
  readonly belowMinMs: number;
  /** Open, not below `min` for longer than `createTimeoutMs`, fewer than `unhealthyWaiters` waiting. */
  readonly healthy: boolean;
}

/** The few numbers that errors tell. */
export function numbersOf<T>(engine: Engine<T>): PoolNumbers {
  return {
    max: engine.settings.max,
    total: engine.slots.size,
    leased: engine.leased,
    idle: idleOf(engine),
    waiting: engine.waiting.length,
  };
}

/** Resources that nobody has; those with a free seat besides somebody's do not count. */
function idleOf<T>({ idle, parked, seats }: Engine<T>): number {
  if (seats === undefined) return idle.length + parked.length;
  return [...idle, ...parked].filter((slot) => slot.seated === 0).length;
}

/** Derives the stats from the engine's own state; nothing is kept twice. */
export function statsOf<T>(engine: Engine<T>): PoolStats {
  const { settings, counters, maker, waiting, status } = engine;
  const belowMinMs = engine.keeper.belowMinMs();
  const { acquired, created } = counters;
  return {
    name: settings.name,
    status,
    min: settings.min,
    max: settings.max,
    total: engine.slots.size,
    idle: idleOf(engine),
    leased: engine.leased,
    creating: maker.creating,
    checking: engine.examiner.checking,
    closing: maker.closing,
    waiting: waiting.length,
    peak: engine.peak,
    utilization: Math.min(1, engine.leased / (settings.max * settings.leasesPerResource)),
    reuse: acquired === 0 ? 0 : Math.max(0, 1 - created / acquired),
    acquired,
    created,
    createErrors: counters.createErrors,
    timeouts: counters.timeouts,
    cancelled: counters.cancelled,
    refused: counters.refused,
    failedChecks: counters.failedChecks,
    leaks: counters.leaks,
    misuses: counters.misuses,
    reclaimed: counters.reclaimed,
    shed: counters.shed,
    times: engine.attendant.times?.snapshot(),
    destroyed: { ...counters.closedBy },
    belowMinMs,
    healthy:
      (status === 'active' || status === 'starting' || status === 'suspended') &&
      belowMinMs <= settings.createTimeoutMs &&
      waiting.length < settings.unhealthyWaiters,
  };
}

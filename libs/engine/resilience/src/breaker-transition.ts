import type { Scheduler } from '@nest-pooling/core';
import type { CircuitBreakerOptions } from './breaker-options.js';

/**
 * - `closed`: admits every call and counts failures
 * - `open`: rejects every call, for a time
 * - `half-open`: admits a few trial calls, which decide whether it closes or opens again
 * - `forced-open`: rejects every call until it is reset
 * - `disabled`: admits every call and counts nothing
 */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'forced-open' | 'disabled';

/** The rules of the transitions. */
export type BreakerRules = Required<Omit<CircuitBreakerOptions, 'name' | 'classify' | 'window'>>;

/** A trial call that is under way. */
export interface Trial {
  readonly permit: number;
  readonly at: number;
}

/** Everything that a breaker knows. Never changed: each event that matters makes a new one. */
export interface BreakerRecord {
  readonly state: BreakerState;
  /** When `state` began. */
  readonly since: number;
  /** When the open state ends. */
  readonly until: number;
  /** Failures since the last success; once open, failures since it was last closed. */
  readonly failures: number;
  /** Successful trial calls; none survives a reopening. */
  readonly successes: number;
  /** How often it opened since it was last closed. */
  readonly openings: number;
  /**
   * The last permit that was given out. While closed or disabled all calls share it: it is the generation, by which results
   * of calls begun before a transition are told apart. Each trial call has a permit of its own.
   */
  readonly permit: number;
  /** Trial calls under way, the oldest first. */
  readonly trials: readonly Trial[];
}

/** What happened. Results name the permit of their call. */
export type BreakerEvent =
  | { readonly type: 'enter' | 'force-open' | 'disable' | 'reset' }
  | { readonly type: 'succeeded' | 'failed' | 'neutral'; readonly permit: number }
  /** The window has seen so many failures, or slow calls, that it opens. */
  | { readonly type: 'tripped'; readonly permit: number; readonly failures: number };

/** A closed breaker that has counted nothing. No earlier permit is valid any more. */
export function closed(now: number, lastPermit: number): BreakerRecord {
  return {
    state: 'closed',
    since: now,
    until: 0,
    failures: 0,
    successes: 0,
    openings: 0,
    permit: lastPermit + 1,
    trials: [],
  };
}

/** The record after a call succeeded while all calls are admitted. Needs no time, which is why it can be had apart. */
export function cleared(record: BreakerRecord, permit: number): BreakerRecord {
  return permit === record.permit && record.failures !== 0 ? { ...record, failures: 0 } : record;
}

/**
 * Opens again if a trial call has taken too long: to be asked before each event. It gives the record that a timer would have
 * made at the right moment, whenever it is asked, so there need not be a timer.
 */
export function expired(
  record: BreakerRecord,
  now: number,
  rules: BreakerRules,
  random: () => number,
): BreakerRecord {
  const oldest = record.trials[0];
  if (oldest === undefined || now < oldest.at + rules.halfOpenTimeoutMs) return record;
  return opened(record, oldest.at + rules.halfOpenTimeoutMs, rules, random);
}

/**
 * The record after `event`; the same object if it changes nothing. A call was admitted as a trial if `enter` gave a record
 * with another permit. Pure, but for `random`, which is asked only when an open time is drawn.
 */
export function nextBreaker(
  record: BreakerRecord,
  event: BreakerEvent,
  now: number,
  rules: BreakerRules,
  random: () => number,
): BreakerRecord {
  switch (event.type) {
    case 'enter':
      return entered(record, now, rules);
    case 'force-open':
      return record.state === 'forced-open'
        ? record
        : { ...closed(now, record.permit), state: 'forced-open' };
    case 'disable':
      return record.state === 'disabled' ? record : { ...closed(now, record.permit), state: 'disabled' };
    case 'reset':
      return closed(now, record.permit);
    case 'succeeded':
    case 'failed':
    case 'neutral':
      if (record.state === 'closed' && event.permit === record.permit) {
        return counted(record, event.type, now, rules, random);
      }
      if (record.state === 'half-open' && record.trials.some(({ permit }) => permit === event.permit)) {
        return tried(record, event.type, event.permit, now, rules, random);
      }
      // A late result: its call was begun before a transition, or it was told twice.
      return record;
    case 'tripped':
      if (record.state !== 'closed' || event.permit !== record.permit) return record;
      return opened({ ...record, failures: event.failures - 1 }, now, rules, random);
    default:
      return event satisfies never;
  }
}

/** In how many whole milliseconds a call may be admitted; the clock is read only where that depends on it. */
export function waitOf(
  { state, until, trials }: BreakerRecord,
  rules: BreakerRules,
  clock: Pick<Scheduler, 'now'>,
): number {
  if (state === 'forced-open') return rules.maxOpenMs;
  if (state === 'half-open') return trials.length < rules.halfOpenPermits ? 0 : 1;
  return state === 'open' ? Math.max(0, Math.ceil(until - clock.now())) : 0;
}

type Outcome = 'succeeded' | 'failed' | 'neutral';

function entered(record: BreakerRecord, now: number, rules: BreakerRules): BreakerRecord {
  if (record.state === 'half-open') {
    return record.trials.length < rules.halfOpenPermits ? withTrial(record, now) : record;
  }
  if (record.state !== 'open' || now < record.until) return record;
  return withTrial({ ...record, state: 'half-open', since: now }, now);
}

function withTrial(record: BreakerRecord, now: number): BreakerRecord {
  const permit = record.permit + 1;
  return { ...record, permit, trials: [...record.trials, { permit, at: now }] };
}

function counted(
  record: BreakerRecord,
  outcome: Outcome,
  now: number,
  rules: BreakerRules,
  random: () => number,
): BreakerRecord {
  if (outcome === 'neutral') return record;
  if (outcome === 'succeeded') return cleared(record, record.permit);
  if (record.failures + 1 >= rules.failureThreshold) return opened(record, now, rules, random);
  return { ...record, failures: record.failures + 1 };
}

function tried(
  record: BreakerRecord,
  outcome: Outcome,
  permit: number,
  now: number,
  rules: BreakerRules,
  random: () => number,
): BreakerRecord {
  if (outcome === 'failed') return opened(record, now, rules, random);
  const trials = record.trials.filter((trial) => trial.permit !== permit);
  if (outcome === 'neutral') return { ...record, trials };
  const successes = record.successes + 1;
  return successes >= rules.successThreshold ? closed(now, record.permit) : { ...record, trials, successes };
}

function opened(record: BreakerRecord, at: number, rules: BreakerRules, random: () => number): BreakerRecord {
  const full = Math.min(rules.maxOpenMs, rules.openMs * 2 ** record.openings);
  return {
    ...record,
    state: 'open',
    since: at,
    until: at + full * (1 - rules.jitter * random()),
    failures: record.failures + 1,
    successes: 0,
    openings: record.openings + 1,
    trials: [],
  };
}

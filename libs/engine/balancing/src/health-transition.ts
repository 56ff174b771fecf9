import type { NodeHealthOptions } from './health-options.js';
import { isHeld, type EjectionCause, type HealthEvent, type HealthRecord } from './health-record.js';

/** A returning node gets at least this share, or it would never be tried. */
const LEAST_FACTOR = 0.1;

/**
 * The record after `event`; the same object if it changes nothing. Pure, but for `random`, which is asked only when an
 * ejection's length is drawn.
 */
export function nextHealth(
  record: HealthRecord,
  event: HealthEvent,
  now: number,
  options: Required<NodeHealthOptions>,
  random: () => number,
): HealthRecord {
  if (event.type === 'hold') return held(record, event, now);
  if (isHeld(record.state)) return whileHeld(record, event, now, options);
  switch (event.type) {
    case 'put-back':
      return record;
    case 'eject':
      return { ...out(record, now, event.reason, 'operator'), until: Infinity };
    case 'readmit':
      return record.state === 'ejected' ? back(record, now, options) : record;
    case 'outlier':
      if (record.state === 'ejected') return record;
      return failed(record, now, event.reason, options, random, 'latency');
    default:
      return record.state === 'ejected'
        ? whileOut(record, event.type, now, options)
        : whileIn(record, event.type, now, options, random);
  }
}

type Observed = 'hard' | 'timeout' | 'succeeded' | 'probe-good' | 'probe-bad';

/** What failed before is forgotten: what an operator does with the node may well have been its cure. */
function held(
  record: HealthRecord,
  { state, reason }: Extract<HealthEvent, { type: 'hold' }>,
  now: number,
): HealthRecord {
  if (record.state === state) return record.reason === reason ? record : { ...record, reason };
  const badProbes = isHeld(record.state) ? record.badProbes : 0;
  return { ...out(record, now, reason, 'operator'), state, since: now, until: Infinity, badProbes };
}

/**
 * Nothing but the operator ends it. Its probes go on and are remembered: a node that does not answer when it is put back is
 * ejected until it does, without a failed call to find that out.
 */
function whileHeld(
  record: HealthRecord,
  event: HealthEvent,
  now: number,
  options: Required<NodeHealthOptions>,
): HealthRecord {
  switch (event.type) {
    case 'probe-good':
      return { ...record, badProbes: 0, goodProbes: record.goodProbes + 1 };
    case 'probe-bad':
      return { ...record, badProbes: record.badProbes + 1, goodProbes: 0 };
    case 'put-back': {
      if (record.badProbes === 0) return back(record, now, options);
      const reason = `${inARow(record.badProbes, 'failed probe')} when it was put back`;
      return { ...out(record, now, reason, 'failure'), since: now, until: now };
    }
    default:
      return record;
  }
}

/** Only probes count: what else arrives comes from calls begun before the ejection, and one outage is one ejection. */
function whileOut(
  record: HealthRecord,
  event: Observed,
  now: number,
  options: Required<NodeHealthOptions>,
): HealthRecord {
  if (event === 'probe-bad') return record.goodProbes === 0 ? record : { ...record, goodProbes: 0 };
  if (event !== 'probe-good') return record;
  const goodProbes = record.goodProbes + 1;
  if (goodProbes >= options.probesToReadmit && now >= record.until) return back(record, now, options);
  return { ...record, goodProbes };
}

function whileIn(
  record: HealthRecord,
  event: Observed,
  now: number,
  options: Required<NodeHealthOptions>,
  random: () => number,
): HealthRecord {
  switch (event) {
    case 'succeeded':
      return record.timeouts === 0 ? record : { ...record, timeouts: 0 };
    case 'probe-good':
      return proven(record.badProbes === 0 ? record : { ...record, badProbes: 0 }, now, options);
    case 'hard':
      return failed(record, now, 'a hard failure', options, random);
    case 'timeout': {
      const timeouts = record.timeouts + 1;
      if (timeouts < options.timeoutsToEject) return { ...record, timeouts };
      return failed(record, now, inARow(timeouts, 'timeout'), options, random);
    }
    default: {
      const badProbes = record.badProbes + 1;
      if (badProbes < options.probesToEject) return { ...record, badProbes };
      return failed(record, now, inARow(badProbes, 'failed probe'), options, random);
    }
  }
}

/** What passing time brings to a node in rotation: a growing share, and at last a clean slate. */
function proven(record: HealthRecord, now: number, options: Required<NodeHealthOptions>): HealthRecord {
  const served = now - record.since;
  if (record.state === 'returning') {
    const factor = Math.max(LEAST_FACTOR, served / options.slowStartMs);
    if (factor < 1) return { ...record, factor };
    return { ...record, state: 'in', since: now, reason: undefined, cause: undefined, factor: 1 };
  }
  return record.ejections > 0 && served >= options.forgetAfterMs ? { ...record, ejections: 0 } : record;
}

function failed(
  record: HealthRecord,
  now: number,
  reason: string,
  options: Required<NodeHealthOptions>,
  random: () => number,
  cause: EjectionCause = 'failure',
): HealthRecord {
  // Asked here too, in case that nobody sends probes.
  const forgotten = record.state === 'in' && now - record.since >= options.forgetAfterMs;
  const ejections = forgotten ? 1 : record.ejections + 1;
  const full = Math.min(options.maxEjectionMs, options.baseEjectionMs * ejections);
  const until = now + full * (1 - options.ejectionJitter * random());
  return { ...out(record, now, reason, cause), ejections, until };
}

function out(record: HealthRecord, now: number, reason: string, cause: EjectionCause): HealthRecord {
  const since = record.state === 'ejected' ? record.since : now;
  return {
    ...record,
    state: 'ejected',
    since,
    reason,
    cause,
    factor: 1,
    timeouts: 0,
    badProbes: 0,
    goodProbes: 0,
  };
}

function back(record: HealthRecord, now: number, options: Required<NodeHealthOptions>): HealthRecord {
  const clean = { ...record, since: now, until: 0 };
  if (options.slowStartMs === 0) {
    return { ...clean, state: 'in', reason: undefined, cause: undefined, factor: 1 };
  }
  return { ...clean, state: 'returning', factor: LEAST_FACTOR };
}

function inARow(count: number, what: string): string {
  return count === 1 ? `a ${what}` : `${count} ${what}s in a row`;
}

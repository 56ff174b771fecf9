import { defined, Problems } from '@nest-pooling/core';

/** When a node is taken out of rotation and how it comes back. Durations are milliseconds. */
export interface NodeHealthOptions {
  /** So many timeouts without a success between them eject. Default 3: one slow statement says nothing about a node. */
  readonly timeoutsToEject?: number;
  /** So many failed probes in a row eject. Default 1: probes are sent for no other purpose. */
  readonly probesToEject?: number;
  /** How long the first ejection lasts at least; the nth in a row lasts n times as long. Default 1,000. */
  readonly baseEjectionMs?: number;
  /** No ejection is made longer than this. Default 30,000: a healed node is back within half a minute. */
  readonly maxEjectionMs?: number;
  /**
   * The part of an ejection, from 0 to 1, of which a random share is left out, so that many processes do not readmit a node
   * at the same moment. Default 0.2. It shortens, so that the longest ejections, which are all equal, are spread as well.
   */
  readonly ejectionJitter?: number;
  /** So many good probes in a row readmit, once the ejection's time is over. Default 2: one may have been luck. */
  readonly probesToReadmit?: number;
  /** A readmitted node gets its full share after this time. 0 is at once. Default 10,000: long enough to warm its caches and fill its pools. */
  readonly slowStartMs?: number;
  /** After so long in rotation with its full share a node's earlier ejections are forgotten. Default 60,000: twice the longest ejection. */
  readonly forgetAfterMs?: number;
}

/** The defaults, with their reasons at {@link NodeHealthOptions}. */
export const healthDefaults: Required<NodeHealthOptions> = Object.freeze({
  timeoutsToEject: 3,
  probesToEject: 1,
  baseEjectionMs: 1_000,
  maxEjectionMs: 30_000,
  ejectionJitter: 0.2,
  probesToReadmit: 2,
  slowStartMs: 10_000,
  forgetAfterMs: 60_000,
});

/** Fills in the defaults; throws an `OptionsError` that lists everything that is wrong. */
export function resolveHealthOptions(node: string, options: NodeHealthOptions): Required<NodeHealthOptions> {
  const problems = new Problems();
  problems.unknown('', options, Object.keys(healthDefaults));
  for (const count of ['timeoutsToEject', 'probesToEject', 'probesToReadmit'] as const) {
    problems.number(count, options[count], { min: 1, integer: true });
  }
  problems.duration('baseEjectionMs', options.baseEjectionMs, { min: 1 });
  problems.duration('maxEjectionMs', options.maxEjectionMs, { min: 1 });
  problems.number('ejectionJitter', options.ejectionJitter, { min: 0, max: 1 });
  problems.duration('slowStartMs', options.slowStartMs);
  problems.duration('forgetAfterMs', options.forgetAfterMs, { infinite: true });
  const resolved = { ...healthDefaults, ...defined(options) };
  if (problems.count === 0 && resolved.maxEjectionMs < resolved.baseEjectionMs) {
    const what = `must be at least baseEjectionMs, which is ${resolved.baseEjectionMs}`;
    problems.add('maxEjectionMs', what, resolved.maxEjectionMs);
  }
  problems.throwIfAny(`The health of node '${node}'`);
  return resolved;
}

import { Problems, type ManagedReport } from '@nest-pooling/core';
import type { HealthData } from './health-data.js';

/** Options of `PoolHealthIndicator.saturation`. */
export interface SaturationOptions {
  /** A node is degraded from this utilization on, from 0 to 1. Default 0.8, the upper end of what alerts aim at. */
  readonly degradedAt?: number;
  /** A node is down from this utilization on. Default: never, since a busy pool is not a broken one. */
  readonly downAt?: number;
  /** A node is degraded when more callers than this wait for a resource. Default 5. */
  readonly maxWaiters?: number;
  /** A node is down when more callers than this wait. Default: never; a process that has no more to give sheds load with it. */
  readonly downWaiters?: number;
}

/** Judges the busiest node of a pool by its counters. */
export function saturationOf(
  key: string,
  options: SaturationOptions,
  report: () => ManagedReport,
): HealthData {
  const { degradedAt = 0.8, downAt = Infinity, maxWaiters = 5, downWaiters = Infinity } = options;
  const problems = new Problems();
  problems.unknown('', options, ['degradedAt', 'downAt', 'maxWaiters', 'downWaiters']);
  problems.number('degradedAt', degradedAt, { min: 0, max: 1 });
  problems.number('downAt', options.downAt, { min: 0, max: 1 });
  problems.number('maxWaiters', maxWaiters, { min: 0, infinite: true });
  problems.number('downWaiters', downWaiters, { min: 0, infinite: true });
  // Else it would never be degraded, which is hardly meant.
  if (downAt < degradedAt)
    problems.add('downAt', `must be at least degradedAt, which is ${degradedAt}`, downAt);
  if (downWaiters < maxWaiters) {
    problems.add('downWaiters', `must be at least maxWaiters, which is ${maxWaiters}`, downWaiters);
  }
  problems.throwIfAny(`The saturation indicator '${key}'`);

  const nodes = Object.values(report().nodes);
  const utilization = Math.max(0, ...nodes.map((node) => node.utilization));
  const waiting = Math.max(0, ...nodes.map((node) => node.waiting));
  const data = { utilization, waiting };
  if (utilization >= downAt || waiting > downWaiters) return { status: 'down', data };
  return { status: utilization >= degradedAt || waiting > maxWaiters ? 'degraded' : 'up', data };
}

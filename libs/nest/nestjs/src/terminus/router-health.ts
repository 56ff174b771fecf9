import { Problems } from '@nest-pooling/core';
import type { NodeReport } from '@nest-pooling/routing';
import type { HealthData } from './health-data.js';

/** Options of `PoolHealthIndicator.router`. */
export interface RouterHealthOptions {
  /** So many replicas must be in rotation. Default 1. */
  readonly minReplicas?: number;
  /**
   * A replica that is further behind, in milliseconds, does not count as one of them; neither does one whose lag is not known.
   * Default: any lag will do.
   */
  readonly maxLagMs?: number;
  /** What the lack of a primary is. Default `down`; `degraded` for a process that only reads. */
  readonly withoutPrimary?: 'down' | 'degraded';
  /** What too few replicas are. Default `degraded`: the primary serves the reads meanwhile. */
  readonly withoutReplicas?: 'down' | 'degraded';
}

const LACK = ['down', 'degraded'] as const;

/** Judges a router by what its probes have told last. */
export function routerHealth(
  key: string,
  options: RouterHealthOptions,
  report: () => readonly NodeReport[],
): HealthData {
  const { minReplicas = 1, maxLagMs, withoutPrimary = 'down', withoutReplicas = 'degraded' } = options;
  const problems = new Problems();
  problems.unknown('', options, ['minReplicas', 'maxLagMs', 'withoutPrimary', 'withoutReplicas']);
  problems.number('minReplicas', minReplicas, { min: 0, integer: true });
  problems.number('maxLagMs', maxLagMs, { min: 0 });
  problems.oneOf('withoutPrimary', withoutPrimary, LACK);
  problems.oneOf('withoutReplicas', withoutReplicas, LACK);
  problems.throwIfAny(`The router indicator '${key}'`);

  const nodes = report();
  const primary = nodes.find((node) => node.takesWrites && node.inRotation)?.id ?? null;
  const replicas = nodes.filter(
    ({ takesWrites, inRotation, lagMs }) =>
      !takesWrites && inRotation && (maxLagMs === undefined || (lagMs !== null && lagMs <= maxLagMs)),
  ).length;
  // No reasons: they may repeat what a server said, and anybody may read a health endpoint.
  const shown = nodes.map(({ id, inRotation, lagMs }) => [id, { inRotation, lagMs }] as const);
  const lacks = [
    ...(primary === null ? [withoutPrimary] : []),
    ...(replicas < minReplicas ? [withoutReplicas] : []),
  ];
  return {
    status: lacks.includes('down') ? 'down' : (lacks[0] ?? 'up'),
    data: { primary, replicas, nodes: Object.fromEntries(shown) },
  };
}

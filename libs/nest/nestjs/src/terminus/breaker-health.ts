import { Problems } from '@nest-pooling/core';
import type { BreakerReport, BreakerState } from '@nest-pooling/resilience';
import type { HealthData } from './health-data.js';

/** Options of `PoolHealthIndicator.breaker`. */
export interface BreakerHealthOptions {
  /**
   * In these states the indicator is down; list `open` and `forced-open` for what the application cannot do without. Default: none, since
   * one dependency that is cut off leaves the rest of the application at work.
   */
  readonly down?: readonly BreakerState[];
}

const STATES: readonly BreakerState[] = ['closed', 'open', 'half-open', 'forced-open', 'disabled'];

/** Judges breakers by their states: the worst decides. */
export function breakerHealth(
  key: string,
  names: string | readonly string[],
  options: BreakerHealthOptions,
  report: (name: string) => BreakerReport,
): HealthData {
  const problems = new Problems();
  problems.unknown('', options, ['down']);
  const { down = [] } = options;
  if (!Array.isArray(down)) problems.add('down', 'must be an array of states', typeof down);
  else for (const [i, state] of down.entries()) problems.oneOf(`down[${i}]`, state, STATES);
  if (names.length === 0) problems.add('names', 'must name at least one breaker');
  problems.throwIfAny(`The breaker indicator '${key}'`);

  if (typeof names === 'string') return one(report(names), down);
  const each = names.map((name) => [name, one(report(name), down)] as const);
  const statuses = each.map(([, { status }]) => status);
  const data = Object.fromEntries(each.map(([name, found]) => [name, found.data]));
  const status = statuses.includes('down') ? 'down' : statuses.includes('degraded') ? 'degraded' : 'up';
  return { status, data: { breakers: data } };
}

function one({ state, retryAfterMs }: BreakerReport, down: readonly BreakerState[]): HealthData {
  const admits = state === 'closed' || state === 'disabled';
  const data = admits ? { state } : { state, retryAfterMs };
  return { status: down.includes(state) ? 'down' : admits ? 'up' : 'degraded', data };
}

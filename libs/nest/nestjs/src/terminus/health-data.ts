import type { HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import type { PingStatus } from '../health/pool-prober.js';

/** What an indicator found out. */
export interface HealthData {
  readonly status: PingStatus;
  readonly data: Record<string, unknown>;
}

/** The answer in the words of Terminus; version 11 knows only up and down, and what still serves is up there. */
export function toResult<const Key extends string>(
  health: HealthIndicatorService,
  key: Key,
  { status, data }: HealthData,
): HealthIndicatorResult<Key> {
  const check = health.check(key);
  if (status === 'down') return check.down({ ...data });
  return status === 'degraded' && typeof check.degraded === 'function'
    ? check.degraded({ ...data })
    : check.up({ ...data });
}

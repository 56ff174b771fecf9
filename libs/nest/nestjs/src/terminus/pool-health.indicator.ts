import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { Problems, type ManagedNodeReport } from '@nest-pooling/core';
import { BreakerRegistry } from '../breaker/breaker-registry.js';
import { PoolProber, type ProbeOptions } from '../health/pool-prober.js';
import { PoolRegistry } from '../registry/pool-registry.js';
import type { PoolName } from '../registry/registry-types.js';

/** Options of {@link PoolHealthIndicator.saturation}. */
export interface SaturationOptions {
  /** A node is degraded from this utilization on, from 0 to 1. Default 0.8, the upper end of what alerts aim at. */
  readonly degradedAt?: number;
  /** A node is down from this utilization on. Default: never, since a busy pool is not a broken one. */
  readonly downAt?: number;
  /** A node is degraded when more callers than this wait for a resource. Default 5. */
  readonly maxWaiters?: number;
}

type HealthIndicatorSession<Key extends string> = ReturnType<
  typeof HealthIndicatorService.prototype.check<Key>
>;
type Result<Key extends string> = HealthIndicatorResult<Key>;

/**
 * Indicators for `@nestjs/terminus`: list the class in `providers` beside `imports: [TerminusModule]`. None of
 * them borrows a resource, so a full pool does not look like a dead one.
 */
@Injectable()
export class PoolHealthIndicator {
  /** Made by Nest. */
  constructor(
    @Inject(HealthIndicatorService) private readonly health: HealthIndicatorService,
    @Inject(PoolRegistry) private readonly pools: PoolRegistry,
    @Inject(PoolProber) private readonly prober: PoolProber,
    @Inject(BreakerRegistry) private readonly breakers: BreakerRegistry,
  ) {}

  /**
   * For readiness: asks the servers. Up when all nodes answer; degraded (which still is HTTP 200) when the pool does
   * its main work without some of them, for a router: the primary answers but a replica does not; else down.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   */
  async ping<const Key extends string>(
    key: Key,
    pool: PoolName,
    options: ProbeOptions = {},
  ): Promise<Result<Key>> {
    const { status, nodes, code } = await this.prober.ping(pool, options);
    const check = this.health.check(key);
    const data: Record<string, unknown> = code === undefined ? { nodes } : { nodes, code };
    if (status === 'up') return check.up(data);
    return status === 'down' ? check.down(data) : degraded(check, data);
  }

  /**
   * How near the pool is to its limits, from counters: asks nobody and borrows nothing, so it may stand in a liveness
   * probe. The busiest node decides.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws OptionsError for thresholds that cannot be used.
   */
  saturation<const Key extends string>(
    key: Key,
    pool: PoolName,
    options: SaturationOptions = {},
  ): Result<Key> {
    const { degradedAt = 0.8, downAt = Infinity, maxWaiters = 5 } = options;
    const problems = new Problems();
    problems.unknown('', options, ['degradedAt', 'downAt', 'maxWaiters']);
    problems.number('degradedAt', degradedAt, { min: 0, max: 1 });
    problems.number('downAt', options.downAt, { min: 0, max: 1 });
    problems.number('maxWaiters', maxWaiters, { min: 0, infinite: true });
    problems.throwIfAny(`The saturation indicator '${key}'`);

    const nodes = Object.values<ManagedNodeReport>(this.pools.managed(pool).report().nodes);
    const utilization = Math.max(0, ...nodes.map((node) => node.utilization));
    const waiting = Math.max(0, ...nodes.map((node) => node.waiting));
    const check = this.health.check(key);
    const numbers = { utilization, waiting };
    if (utilization >= downAt) return check.down(numbers);
    return utilization >= degradedAt || waiting > maxWaiters ? degraded(check, numbers) : check.up(numbers);
  }

  /**
   * The state of a breaker of a route: up while it admits calls, degraded otherwise, since the rest of the application
   * still works.
   *
   * @throws UnknownBreakerError with the names that exist, when there is no such breaker.
   */
  breaker<const Key extends string>(key: Key, name: string): Result<Key> {
    const { state, retryAfterMs } = this.breakers.get(name).report();
    const check = this.health.check(key);
    return state === 'closed' || state === 'disabled'
      ? check.up({ state })
      : degraded(check, { state, retryAfterMs });
  }
}

/** Terminus 11 knows only up and down; what still serves is up there. */
function degraded<Key extends string>(check: HealthIndicatorSession<Key>, data: object): Result<Key> {
  const fields = { ...data };
  return typeof check.degraded === 'function' ? check.degraded(fields) : check.up(fields);
}

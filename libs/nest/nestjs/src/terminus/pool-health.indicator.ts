import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorResult } from '@nestjs/terminus';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { BreakerRegistry } from '../breaker/breaker-registry.js';
import { PoolFaceError } from '../errors/wiring-errors.js';
import { PoolProber, type ProbeOptions } from '../health/pool-prober.js';
import { PoolRegistry } from '../registry/pool-registry.js';
import type { PoolName, RouterName } from '../registry/registry-types.js';
import { breakerHealth, type BreakerHealthOptions } from './breaker-health.js';
import { toResult } from './health-data.js';
import { routerHealth, type RouterHealthOptions } from './router-health.js';
import { saturationOf, type SaturationOptions } from './saturation.js';

/**
 * Indicators for `@nestjs/terminus`: list the class in `providers` beside `imports: [TerminusModule]`. None of
 * them borrows a resource, so a full pool does not look like a dead one.
 *
 * All of them belong to readiness. A liveness probe has nothing to do with a pool: whatever is wrong with a server, a restart of this
 * process heals nothing, and restarts of all processes at the same time make an outage of it.
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
   * Asks the servers. Up when all nodes answer; degraded (which still is HTTP 200) when the pool does its main work without some of
   * them, for a router: the primary answers but a replica does not; else down. Down, with the code `SHUTTING_DOWN` and without asking,
   * from the moment that the application begins to shut down.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws OptionsError for times that cannot be used.
   */
  async ping<const Key extends string>(
    key: Key,
    pool: PoolName,
    options: ProbeOptions = {},
  ): Promise<HealthIndicatorResult<Key>> {
    const { status, nodes, code } = await this.prober.ping(pool, options);
    const data = code === undefined ? { nodes } : { nodes, code };
    return toResult(this.health, key, { status, data });
  }

  /**
   * How near the pool is to its limits, from counters: asks nobody and borrows nothing. The busiest node decides.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws OptionsError for thresholds that cannot be used.
   */
  saturation<const Key extends string>(
    key: Key,
    pool: PoolName,
    options: SaturationOptions = {},
  ): HealthIndicatorResult<Key> {
    const data = saturationOf(key, options, () => this.pools.managed(pool).report());
    return toResult(this.health, key, data);
  }

  /**
   * Whether a router has its primary and enough replicas that are near enough to it, as its own probes have told last: asks nobody.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws PoolFaceError when the pool is no router.
   * @throws OptionsError for bounds that cannot be used.
   */
  router<const Key extends string>(
    key: Key,
    pool: RouterName,
    options: RouterHealthOptions = {},
  ): HealthIndicatorResult<Key> {
    const data = routerHealth(key, options, () => this.#router(pool).nodes());
    return toResult(this.health, key, data);
  }

  /**
   * The state of one breaker or several: up while they admit calls, down in the states that `options.down` lists, else degraded.
   *
   * @throws UnknownBreakerError with the names that exist, when there is no such breaker.
   * @throws OptionsError for a state that does not exist.
   */
  breaker<const Key extends string>(
    key: Key,
    names: string | readonly string[],
    options: BreakerHealthOptions = {},
  ): HealthIndicatorResult<Key> {
    const data = breakerHealth(key, names, options, (name) => this.breakers.get(name).report());
    return toResult(this.health, key, data);
  }

  #router(pool: RouterName): Pick<ReadReplicaRouter, 'nodes'> {
    const face: object = this.pools.get(pool);
    // A stand-in of a test need not be an instance of the class: it only has to act like one.
    if (typeof (face as Partial<ReadReplicaRouter>).nodes === 'function') return face as ReadReplicaRouter;
    const place = {
      className: PoolHealthIndicator.name,
      member: 'router',
      next: 'Name a pool that has replicas.',
    };
    throw new PoolFaceError(
      pool,
      place,
      ReadReplicaRouter.name,
      face.constructor?.name ?? 'an object without a class',
      false,
    );
  }
}

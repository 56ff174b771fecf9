import { Controller, Get, Header } from '@nestjs/common';
import { HealthCheck, HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { PoolHealthIndicator } from '@nest-pooling/nestjs/terminus';

/** For the orchestrator. `/health/db` and `/health/pools` come with `PoolingModule`. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly pools: PoolHealthIndicator,
  ) {}

  /** The process lives. Touches no pool: a restart of the app does not mend a database. */
  @Get('live')
  @Header('Cache-Control', 'no-store')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** How everything is, for humans: what is degraded is no reason to take the shop out of service. */
  @Get()
  @HealthCheck()
  all(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.pools.ping('orders', 'orders', { timeoutMs: 800, cacheMs: 500 }),
      () => this.pools.ping('analytics', 'analytics', { timeoutMs: 800, cacheMs: 500 }),
      () => this.pools.saturation('orders-saturation', 'orders', { degradedAt: 0.8 }),
      () => this.pools.router('orders-router', 'orders', { minReplicas: 1, maxLagMs: 10_000 }),
      () => this.pools.breaker('pricing', 'pricing'),
    ]);
  }

  /** The shop can do its work: both databases answer. */
  @Get('ready')
  @HealthCheck()
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.pools.ping('orders', 'orders', { timeoutMs: 800 }),
      () => this.pools.ping('analytics', 'analytics', { timeoutMs: 800 }),
    ]);
  }
}

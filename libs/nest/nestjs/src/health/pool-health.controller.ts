import { Controller, Get, Header, Inject, Res, UseGuards, type Type } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { healthPaths } from '../module/registration.js';
import type { PoolHealthOptions } from '../module/options.js';
import { PoolRegistry, type PoolsReport } from '../registry/pool-registry.js';
import { PoolProber, type PingReport } from './pool-prober.js';

/**
 * The routes of the application's health: `GET /health/pools` shows the pools' numbers and asks nobody;
 * `GET /health/db` asks the servers. Both answer 503 when the application cannot do its main work, and neither
 * repeats the text of a server.
 */
export abstract class PoolHealthController {
  /** The state of all nodes, from counters: 200 when healthy or degraded, 503 when unhealthy. */
  abstract pools(response: unknown): PoolsReport;
  /** Whether the servers answer: 200 when they do or a replica is missing, 503 when a pool is down. */
  abstract db(response: unknown): Promise<PingReport>;
}

/** Makes the controller of one registration, since paths and guards are fixed when a class is decorated. */
export function healthController(options: PoolHealthOptions): Type<PoolHealthController> {
  const { timeoutMs, cacheMs, guards = [] } = options;
  const { path, dbPath } = healthPaths(options);

  @Controller()
  @UseGuards(...(guards as never[]))
  class ReadyPoolHealthController extends PoolHealthController {
    constructor(
      @Inject(PoolRegistry) private readonly registry: PoolRegistry,
      @Inject(PoolProber) private readonly prober: PoolProber,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {
      super();
    }

    @Get(path)
    @Header('Cache-Control', 'no-store')
    pools(@Res({ passthrough: true }) response: unknown): PoolsReport {
      const report = this.registry.report();
      if (report.overall === 'unhealthy') this.host.httpAdapter.status(response, 503);
      return report;
    }

    @Get(dbPath)
    @Header('Cache-Control', 'no-store')
    async db(@Res({ passthrough: true }) response: unknown): Promise<PingReport> {
      const report = await this.prober.pingAll({ timeoutMs, cacheMs });
      if (report.status === 'down') this.host.httpAdapter.status(response, 503);
      return report;
    }
  }
  return ReadyPoolHealthController;
}

import { Global, Module } from '@nestjs/common';
import { BreakerRegistry } from '../breaker/breaker-registry.js';
import { PoolProber } from '../health/pool-prober.js';
import { Application } from '../method/application.js';
import { PoolDirectory } from '../registry/pool-directory.js';
import { OVERRIDES } from './registration.js';

/** What there is once per application, however many registrations there are. Imported by each of them. */
@Global()
@Module({
  providers: [
    Application,
    PoolDirectory,
    PoolProber,
    BreakerRegistry,
    { provide: OVERRIDES, useValue: new Map() },
  ],
  exports: [PoolDirectory, PoolProber, BreakerRegistry, OVERRIDES],
})
export class PoolingCoreModule {}

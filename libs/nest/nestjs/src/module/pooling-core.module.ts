import { Global, Module } from '@nestjs/common';
import { BreakerRegistry } from '../breaker/breaker-registry.js';
import { PoolProber } from '../health/pool-prober.js';
import { Application } from '../method/application.js';
import { PoolDirectory } from '../registry/pool-directory.js';
import { ResourceScope } from '../resources/resource-scope.js';
import { LastRequests } from '../shutdown/last-requests.js';
import { OVERRIDES } from './registration.js';

/** What there is once per application, however many registrations there are. Imported by each of them. */
@Global()
@Module({
  providers: [
    Application,
    PoolDirectory,
    PoolProber,
    BreakerRegistry,
    ResourceScope,
    LastRequests,
    { provide: OVERRIDES, useValue: new Map() },
  ],
  exports: [PoolDirectory, PoolProber, BreakerRegistry, ResourceScope, OVERRIDES],
})
export class PoolingCoreModule {}

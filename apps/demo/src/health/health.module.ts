import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { PoolHealthIndicator } from '@nest-pooling/nestjs/terminus';
import { HealthController } from './health.controller.js';

@Module({
  // Its logger would write an error for each probe, for as long as a server is down.
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [PoolHealthIndicator],
})
export class HealthModule {}

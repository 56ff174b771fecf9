import { HttpModule } from '@nestjs/axios';
import { Module } from '@nestjs/common';
import { Servers } from '../servers/servers.js';
import { PricingController } from './pricing.controller.js';
import { PricingService } from './pricing.service.js';

@Module({
  imports: [
    HttpModule.registerAsync({
      inject: [Servers],
      useFactory: ({ pricing }: Servers) => ({
        baseURL: pricing.url,
        timeout: 1_000,
        // A proxy of the surroundings would stand between us and loopback.
        proxy: false,
        maxRedirects: 0,
        maxContentLength: 10_000,
      }),
    }),
  ],
  controllers: [PricingController],
  providers: [PricingService],
})
export class PricingModule {}

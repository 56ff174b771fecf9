import { Module, StandardSchemaValidationPipe, type DynamicModule } from '@nestjs/common';
import { APP_PIPE } from '@nestjs/core';
import { AnalyticsModule } from './analytics/analytics.module.js';
import { BranchesModule } from './branches/branches.module.js';
import { CheckoutModule } from './checkout/checkout.module.js';
import { FaultsModule } from './faults/faults.module.js';
import { HealthModule } from './health/health.module.js';
import { OrdersModule } from './orders/orders.module.js';
import { pools } from './pools.js';
import { PricingModule } from './pricing/pricing.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { ServersModule } from './servers/servers.module.js';
import type { Servers } from './servers/servers.js';
import { SetupModule } from './setup/setup.module.js';
import { StockModule } from './stock/stock.module.js';

/** A small shop: orders in Postgres, analytics in a database of another kind, prices from a service over HTTP. */
@Module({})
export class AppModule {
  static on(servers: Servers): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ServersModule.with(servers),
        pools,
        SetupModule,
        OrdersModule,
        StockModule,
        CheckoutModule,
        ReportsModule,
        BranchesModule,
        AnalyticsModule,
        PricingModule,
        HealthModule,
        FaultsModule,
      ],
      providers: [{ provide: APP_PIPE, useClass: StandardSchemaValidationPipe }],
    };
  }
}

import { Module, type OnModuleInit } from '@nestjs/common';
import { InjectPool, InjectRouter } from '@nest-pooling/nestjs';
import { ReadReplicaRouter } from '@nest-pooling/routing';
import { SqlPool } from '@nest-pooling/sql';
import { Servers } from '../servers/servers.js';
import { createAnalyticsTables } from './analytics-tables.js';
import { createOrdersTables, revenueByDay } from './orders-tables.js';

/** Makes tables and data before the shop opens: the pools are started already when this hook runs. */
@Module({})
export class SetupModule implements OnModuleInit {
  constructor(
    @InjectRouter('orders') private readonly orders: ReadReplicaRouter,
    @InjectPool('analytics') private readonly analytics: SqlPool,
    private readonly servers: Servers,
  ) {}

  async onModuleInit(): Promise<void> {
    await createOrdersTables(this.orders);
    await createAnalyticsTables(this.analytics, this.servers.analytics.sql, await revenueByDay(this.orders));
  }
}

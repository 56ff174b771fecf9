import { Controller, Get, Res } from '@nestjs/common';
import { servedBy, type HttpAnswer } from '../http/served-by.js';
import { AnalyticsService, type DayRevenue } from './analytics.service.js';

@Controller('analytics')
export class AnalyticsController {
  constructor(private readonly analytics: AnalyticsService) {}

  @Get('revenue')
  async revenue(
    @Res({ passthrough: true }) response: HttpAnswer,
  ): Promise<{ store: string; orders: number; revenueCents: number; days: readonly DayRevenue[] }> {
    const { node, value: days } = await this.analytics.revenue();
    servedBy(response, node);
    return {
      store: this.analytics.kind,
      orders: days.reduce((sum, day) => sum + day.orders, 0),
      revenueCents: days.reduce((sum, day) => sum + day.revenueCents, 0),
      days,
    };
  }
}

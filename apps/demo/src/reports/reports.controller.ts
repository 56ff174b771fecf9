import { Controller, Get, Query, Res, UseInterceptors } from '@nestjs/common';
import { ClientAbortInterceptor } from '@nest-pooling/nestjs';
import { z } from 'zod';
import { servedBy, type Served, type HttpAnswer } from '../http/served-by.js';
import { ReportsService, type Totals } from './reports.service.js';

const slow = z.strictObject({
  ms: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a whole number of milliseconds')
    .default('500')
    .transform(Number),
});

/** For whoever goes away nothing is computed any more. */
@Controller('reports')
@UseInterceptors(ClientAbortInterceptor)
export class ReportsController {
  constructor(private readonly reports: ReportsService) {}

  @Get('replica')
  async replica(@Res({ passthrough: true }) response: HttpAnswer): Promise<Totals> {
    return answer(response, await this.reports.onReplica());
  }

  @Get('primary')
  async primary(@Res({ passthrough: true }) response: HttpAnswer): Promise<Totals> {
    return answer(response, await this.reports.onPrimary());
  }

  @Get('strong')
  async strong(@Res({ passthrough: true }) response: HttpAnswer): Promise<Totals> {
    return answer(response, await this.reports.strong());
  }

  @Get('slow')
  async slow(
    @Query({ schema: slow }) { ms }: { ms: number },
    @Res({ passthrough: true }) response: HttpAnswer,
  ): Promise<Totals> {
    return answer(response, await this.reports.slow(ms));
  }
}

function answer(response: HttpAnswer, { node, value }: Served<Totals>): Totals {
  servedBy(response, node);
  return value;
}

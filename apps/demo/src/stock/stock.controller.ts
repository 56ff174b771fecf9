import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { SessionPerRequest } from '@nest-pooling/nestjs';
import { z } from 'zod';
import { skuSchema } from '../http/sku.js';
import { StockService, type Stock } from './stock.service.js';

const delivery = z
  .array(z.strictObject({ sku: skuSchema, units: z.int().min(1).max(10_000) }))
  .min(1)
  .max(100);

/** The shop's store. */
@Controller('stock')
export class StockController {
  constructor(private readonly stock: StockService) {}

  @Get()
  list(): Promise<readonly Stock[]> {
    return this.stock.list();
  }

  /** A delivery is put in as a whole: the request is one transaction, committed before it is answered. */
  @Post('deliveries')
  @HttpCode(200)
  @SessionPerRequest('orders')
  async deliver(@Body({ schema: delivery }) lines: z.infer<typeof delivery>): Promise<readonly Stock[]> {
    const after: Stock[] = [];
    for (const [at, { sku, units }] of lines.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- a session does one thing at a time
      after.push(await this.stock.add(sku, units, `${at}.sku`));
    }
    return after;
  }
}

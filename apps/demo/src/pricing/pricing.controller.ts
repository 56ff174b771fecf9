import { Controller, Get, Param } from '@nestjs/common';
import { CircuitBreaker } from '@nest-pooling/nestjs';
import { z } from 'zod';
import { skuSchema } from '../http/sku.js';
import { PricingService, type Discount, type Price } from './pricing.service.js';

const priceOf = z.object({ sku: skuSchema });

@Controller('pricing')
export class PricingController {
  constructor(private readonly pricing: PricingService) {}

  /** The service's method has a breaker, the same one, and a fallback. */
  @Get('discount')
  discount(): Promise<Discount> {
    return this.pricing.discount();
  }

  /** The breaker stands in the options of the module. */
  @Get(':sku')
  @CircuitBreaker('pricing')
  price(@Param({ schema: priceOf }) { sku }: { sku: string }): Promise<Price> {
    return this.pricing.priceOf(sku);
  }
}

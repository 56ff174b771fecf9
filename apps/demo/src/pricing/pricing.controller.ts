import { Controller, Get, Param } from '@nestjs/common';
import { CircuitBreaker } from '@nest-pooling/nestjs';
import { z } from 'zod';
import { skuSchema } from '../http/sku.js';
import { classifyPricing } from './pricing-failure.js';
import { PricingService, type Price } from './pricing.service.js';

const priceOf = z.object({ sku: skuSchema });

@Controller('pricing')
export class PricingController {
  constructor(private readonly pricing: PricingService) {}

  /** After three failures in a row the pricing service is left in peace for two seconds. */
  @Get(':sku')
  @CircuitBreaker({
    name: 'pricing',
    failureThreshold: 3,
    openMs: 2_000,
    maxOpenMs: 10_000,
    successThreshold: 2,
    classify: classifyPricing,
  })
  price(@Param({ schema: priceOf }) { sku }: { sku: string }): Promise<Price> {
    return this.pricing.priceOf(sku);
  }
}

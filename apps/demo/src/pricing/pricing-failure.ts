import { BadGatewayException } from '@nestjs/common';
import { classifyRouteError } from '@nest-pooling/nestjs';

/** The pricing service works and refused our call: no reason to stop calling it. */
export class PricingRefusedError extends BadGatewayException {}

/** What a failed call tells the breaker: the service is ill, or nothing. */
export function classifyPricing(error: unknown): 'failure' | 'neutral' {
  return error instanceof PricingRefusedError ? 'neutral' : classifyRouteError(error);
}

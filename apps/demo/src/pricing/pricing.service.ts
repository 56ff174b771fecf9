import { HttpService } from '@nestjs/axios';
import {
  BadGatewayException,
  GatewayTimeoutException,
  HttpException,
  Injectable,
  NotFoundException,
} from '@nestjs/common';
import { CircuitBreaker } from '@nest-pooling/nestjs';
import { isAxiosError } from 'axios';
import { firstValueFrom } from 'rxjs';
import { z } from 'zod';
import { PricingRefusedError } from './pricing-failure.js';

const priceSchema = z.object({ sku: z.string(), cents: z.int(), currency: z.string() });

/** Today's price of a product. */
export type Price = z.infer<typeof priceSchema>;

const discountSchema = z.object({ percent: z.number().min(0).max(100) });

/** What is off today's prices, and who says so. */
export interface Discount {
  readonly percent: number;
  readonly from: 'the pricing service' | 'the fallback';
}

/** Asks the pricing service. */
@Injectable()
export class PricingService {
  constructor(private readonly http: HttpService) {}

  /** Today's discount. While the service is left in peace nothing is off, which is better than no shop. */
  @CircuitBreaker({ name: 'pricing', fallback: (): Discount => ({ percent: 0, from: 'the fallback' }) })
  async discount(): Promise<Discount> {
    try {
      const { data } = await firstValueFrom(this.http.get<unknown>('/discount'));
      return { ...discountSchema.parse(data), from: 'the pricing service' };
    } catch (error) {
      throw translated(error, 'discount');
    }
  }

  /** Today's price. Fails with an error for the client that repeats nothing of what the service has said. */
  async priceOf(sku: string): Promise<Price> {
    try {
      const { data } = await firstValueFrom(this.http.get<unknown>(`/prices/${encodeURIComponent(sku)}`));
      return priceSchema.parse(data);
    } catch (error) {
      throw translated(error, sku);
    }
  }
}

function translated(error: unknown, sku: string): HttpException {
  const status = isAxiosError(error) ? error.response?.status : undefined;
  if (status === 404) return new NotFoundException(`There is no price of '${sku}'.`);
  const init = { cause: error };
  if (status !== undefined && status < 500)
    return new PricingRefusedError('The pricing service refused.', init);
  const code = isAxiosError(error) ? error.code : undefined;
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT') {
    return new GatewayTimeoutException('The pricing service did not answer in time.', init);
  }
  return new BadGatewayException('The pricing service does not work at the moment.', init);
}

import { Body, Controller, Post, Res } from '@nestjs/common';
import { servedBy, type HttpAnswer } from '../http/served-by.js';
import { newOrderSchema, type NewOrder } from '../orders/orders.input.js';
import type { Order } from '../orders/orders.service.js';
import { CheckoutService } from './checkout.service.js';

@Controller('checkout')
export class CheckoutController {
  constructor(private readonly checkout: CheckoutService) {}

  @Post()
  async sell(
    @Body({ schema: newOrderSchema }) order: NewOrder,
    @Res({ passthrough: true }) response: HttpAnswer,
  ): Promise<Order & { readonly left: number }> {
    const { node, value } = await this.checkout.sell(order);
    servedBy(response, node);
    return value;
  }
}

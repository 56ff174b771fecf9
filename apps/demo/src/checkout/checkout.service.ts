import { Injectable } from '@nestjs/common';
import { onCommit, Retry, Transactional } from '@nest-pooling/nestjs';
import type { Served } from '../http/served-by.js';
import type { NewOrder } from '../orders/orders.input.js';
import { OrdersService, type Order } from '../orders/orders.service.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { StockService } from '../stock/stock.service.js';

/** Sells what is in the store. */
@Injectable()
export class CheckoutService {
  constructor(
    private readonly stock: StockService,
    private readonly orders: OrdersService,
    private readonly receipts: ReceiptsService,
  ) {}

  /**
   * Takes the goods out of the store and places the order, in one transaction over both services. Where two want the same goods one of them
   * has to begin anew: each attempt is a transaction of its own. The receipt is written once the sale stands.
   */
  @Retry({ attempts: 5 })
  @Transactional('orders', { isolation: 'serializable' })
  async sell(order: NewOrder): Promise<Served<Order & { readonly left: number }>> {
    const { units: left } = await this.stock.take(order.sku, order.quantity);
    const { node, value } = await this.orders.enter(order);
    onCommit(() => this.receipts.write(value));
    return { node, value: { ...value, left } };
  }
}

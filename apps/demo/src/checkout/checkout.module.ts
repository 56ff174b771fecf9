import { Module } from '@nestjs/common';
import { OrdersModule } from '../orders/orders.module.js';
import { ReceiptsService } from '../receipts/receipts.service.js';
import { StockModule } from '../stock/stock.module.js';
import { CheckoutController } from './checkout.controller.js';
import { CheckoutService } from './checkout.service.js';

@Module({
  imports: [OrdersModule, StockModule],
  controllers: [CheckoutController],
  providers: [CheckoutService, ReceiptsService],
})
export class CheckoutModule {}

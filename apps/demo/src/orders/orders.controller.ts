import {
  Body,
  Controller,
  Get,
  NotFoundException,
  Param,
  Post,
  Query,
  Res,
  UseInterceptors,
} from '@nestjs/common';
import { servedBy, type HttpAnswer } from '../http/served-by.js';
import {
  batchSchema,
  idSchema,
  listSchema,
  newOrderSchema,
  type Batch,
  type ListQuery,
  type NewOrder,
  type OrderId,
} from './orders.input.js';
import { OrdersService, type Order, type OrderList } from './orders.service.js';
import { ReadYourWritesInterceptor } from './read-your-writes.interceptor.js';

/** The shop's orders. Every answer names the node that gave it. */
@Controller('orders')
@UseInterceptors(ReadYourWritesInterceptor)
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Post()
  async place(
    @Body({ schema: newOrderSchema }) order: NewOrder,
    @Res({ passthrough: true }) response: HttpAnswer,
  ): Promise<Order> {
    const { node, value } = await this.orders.place(order);
    servedBy(response, node);
    return value;
  }

  @Post('batch')
  async placeAll(
    @Body({ schema: batchSchema }) { orders }: Batch,
    @Res({ passthrough: true }) response: HttpAnswer,
  ): Promise<{ count: number; totalCents: number; orders: readonly Order[] }> {
    const { node, value } = await this.orders.placeAll(orders);
    servedBy(response, node);
    const totalCents = value.reduce((sum, order) => sum + order.totalCents, 0);
    return { count: value.length, totalCents, orders: value };
  }

  @Get()
  async list(
    @Query({ schema: listSchema }) query: ListQuery,
    @Res({ passthrough: true }) response: HttpAnswer,
  ): Promise<OrderList> {
    const { node, value } = await this.orders.list(query);
    servedBy(response, node);
    return value;
  }

  @Get(':id')
  async find(
    @Param({ schema: idSchema }) { id }: OrderId,
    @Res({ passthrough: true }) response: HttpAnswer,
  ): Promise<Order> {
    const { node, value } = await this.orders.find(id);
    servedBy(response, node);
    if (value === undefined) throw new NotFoundException(`There is no order ${id}.`);
    return value;
  }
}

import { SessionPerRequest, Transactional } from '@nest-pooling/nestjs';
import { Controller } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  Payload,
  Transport as Kind,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import type { AddressInfo, Server } from 'node:net';
import { lastValueFrom } from 'rxjs';
import type { Order } from '../shop/orders.fixture.js';
import { Shop, shopModule, type Operation } from '../shop/shop.fixture.js';
import { failed, type Transport } from '../transport.fixture.js';

interface Message {
  readonly operation: Operation;
  readonly order: Order;
}

@Controller()
class ShopController {
  constructor(private readonly shop: Shop) {}

  @MessagePattern('here')
  @Transactional('shop')
  here(@Payload() { order }: Message): Promise<string> {
    return this.shop.orders.write(order);
  }

  @MessagePattern('session')
  @SessionPerRequest('shop')
  session(@Payload() { order }: Message): Promise<string> {
    return this.shop.orders.write(order);
  }

  @MessagePattern('run')
  run(@Payload() { operation, order }: Message): unknown {
    return this.shop.run(operation, order);
  }
}

/** A microservice over TCP. */
export const tcp: Transport = {
  name: 'microservice over TCP',
  handlers: ['here', 'session'],
  async start(cluster) {
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(
      shopModule(cluster, { controllers: [ShopController] }),
      { transport: Kind.TCP, options: { host: '127.0.0.1', port: 0 }, logger: false },
    );
    await app.listen();
    const { port } = app.unwrap<Server>().address() as AddressInfo;
    const connect = (): ClientProxy =>
      ClientProxyFactory.create({ transport: Kind.TCP, options: { host: '127.0.0.1', port } });
    const client = connect();
    const patternOf = (operation: string): string =>
      operation === 'here' || operation === 'session' ? operation : 'run';
    return {
      app,
      call: async (operation, order) => {
        try {
          const answer = client.send<unknown>(patternOf(operation), { operation, order });
          return { ok: true, value: await lastValueFrom(answer, { defaultValue: undefined }) };
        } catch (error) {
          return failed(error);
        }
      },
      abandon: (operation, order) => {
        const leaving = connect();
        leaving.send(patternOf(operation), { operation, order }).subscribe({ error: () => {} });
        return () => void leaving.close();
      },
      close: async () => {
        await client.close();
        await app.close();
      },
    };
  },
};

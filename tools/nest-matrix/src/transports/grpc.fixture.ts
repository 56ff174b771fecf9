import { SessionPerRequest, Transactional } from '@nest-pooling/nestjs';
import { freePort } from '@nest-pooling/services';
import { Controller } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  GrpcMethod,
  Transport as Kind,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { fileURLToPath } from 'node:url';
import { from, lastValueFrom, map, type Observable } from 'rxjs';
import type { Order } from '../shop/orders.fixture.js';
import { Shop, shopModule, type Operation } from '../shop/shop.fixture.js';
import type { Outcome, Transport } from '../transport.fixture.js';

interface Message {
  readonly json: string;
}
interface Asked {
  readonly operation: Operation;
  readonly order: Order;
}
const encode = (value: unknown): Message => ({ json: JSON.stringify(value ?? null) });
const decode = ({ json }: Message): unknown => JSON.parse(json);

@Controller()
class ShopController {
  constructor(private readonly shop: Shop) {}

  @GrpcMethod('Shop')
  @Transactional('shop')
  async here(message: Message): Promise<Message> {
    return encode(await this.shop.orders.write((decode(message) as Asked).order));
  }

  @GrpcMethod('Shop')
  @SessionPerRequest('shop')
  async session(message: Message): Promise<Message> {
    return encode(await this.shop.orders.write((decode(message) as Asked).order));
  }

  @GrpcMethod('Shop')
  async run(message: Message): Promise<Message> {
    const { operation, order } = decode(message) as Asked;
    return encode(await this.shop.run(operation, order));
  }

  /** What gives several values; as one answer the first of them would be all. */
  @GrpcMethod('Shop')
  watch(message: Message): Observable<Message> {
    const { operation, order } = decode(message) as Asked;
    return from(this.shop.run(operation, order)).pipe(map(encode));
  }
}

type Method = 'run' | 'watch' | 'here' | 'session';
const methodOf = (operation: string): Method => {
  if (operation === 'observable' || operation === 'iterator') return 'watch';
  return operation === 'here' || operation === 'session' ? operation : 'run';
};

/** The HTTP statuses that stand for those of gRPC. */
const HTTP: Readonly<Record<number, number>> = { 1: 503, 4: 504, 10: 409, 13: 500, 14: 503 };

function failed(error: unknown): Outcome {
  const { code, details, metadata } = error as {
    code: number;
    details: string;
    metadata: { get(key: string): unknown[]; getMap(): object };
  };
  const [retryAfterMs] = metadata.get('retry-after-ms');
  return {
    ok: false,
    status: HTTP[code] ?? -1,
    code: String(metadata.get('error-code')[0]),
    retryAfterMs: retryAfterMs === undefined ? undefined : Number(retryAfterMs),
    text: JSON.stringify([details, metadata.getMap()]),
  };
}

/** A microservice over gRPC. */
export const grpc: Transport = {
  name: 'microservice over gRPC',
  handlers: ['here', 'session'],
  async start(cluster) {
    const options = {
      package: 'shop',
      protoPath: fileURLToPath(new URL('./shop.proto', import.meta.url)),
      url: `127.0.0.1:${await freePort()}`,
    };
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(
      shopModule(cluster, { controllers: [ShopController] }),
      { transport: Kind.GRPC, options, logger: false },
    );
    await app.listen();
    const client = ClientProxyFactory.create({ transport: Kind.GRPC, options });
    const shop = client.getService<Record<Method, (message: Message) => Observable<Message>>>('Shop');
    const ask = (operation: string, order: Order): Observable<Message> =>
      shop[methodOf(operation)](encode({ operation, order }));
    return {
      app,
      call: async (operation, order) => {
        try {
          const value = decode(await lastValueFrom(ask(operation, order)));
          return { ok: true, value };
        } catch (error) {
          return failed(error);
        }
      },
      abandon: (operation, order) => {
        const asking = ask(operation, order).subscribe({ error: () => {} });
        return () => asking.unsubscribe();
      },
      close: async () => {
        client.close();
        await app.close();
      },
    };
  },
};

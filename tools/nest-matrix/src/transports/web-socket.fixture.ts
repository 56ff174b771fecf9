import {
  ClientAbortInterceptor,
  PoolExceptionFilter,
  SessionPerRequest,
  Transactional,
} from '@nest-pooling/nestjs';
import type { PostgresCluster } from '@nest-pooling/services';
import { UseFilters, UseInterceptors } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { concat, from, map, of, type Observable } from 'rxjs';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import type { Order } from '../shop/orders.fixture.js';
import { Shop, shopModule, type Operation } from '../shop/shop.fixture.js';
import { failed, type Connection, type Outcome, type Transport } from '../transport.fixture.js';
import { listening } from './rest.fixture.js';

/** Many messages are under way on one connection: each carries a number, and so do its answers. */
interface Message {
  readonly ticket: number;
  readonly operation: Operation;
  readonly order: Order;
}
interface Answer {
  readonly event: 'value' | 'end';
  readonly data: { readonly ticket: number; readonly value?: unknown };
}

// Nest leaves global filters and interceptors out at gateways: they have to stand here.
@WebSocketGateway()
@UseFilters(PoolExceptionFilter)
@UseInterceptors(ClientAbortInterceptor)
class ShopGateway {
  constructor(private readonly shop: Shop) {}

  @SubscribeMessage('here')
  @Transactional('shop')
  async here(@MessageBody() { ticket, order }: Message): Promise<Answer> {
    return { event: 'end', data: { ticket, value: await this.shop.orders.write(order) } };
  }

  @SubscribeMessage('session')
  @SessionPerRequest('shop')
  async session(@MessageBody() { ticket, order }: Message): Promise<Answer> {
    return { event: 'end', data: { ticket, value: await this.shop.orders.write(order) } };
  }

  @SubscribeMessage('run')
  run(@MessageBody() { ticket, operation, order }: Message): Observable<Answer> {
    const values = from(this.shop.run(operation, order));
    const answers = values.pipe(map((value): Answer => ({ event: 'value', data: { ticket, value } })));
    // Values come as they are made; this one says that nothing can go wrong any more.
    return concat(answers, of<Answer>({ event: 'end', data: { ticket } }));
  }
}

/** One connection of a client. */
interface Wire {
  send(event: string, message: Message): void;
  close(): void;
}
type Receive = (event: string, data: { ticket?: number; value?: unknown; cause?: { data: Message } }) => void;

const wires = {
  'a bare WebSocket': (url: string, receive: Receive): Promise<Wire> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(url.replace('http', 'ws'));
      socket.on('message', (text: Buffer) => {
        const { event, data } = JSON.parse(text.toString()) as { event: string; data: object };
        receive(event, data);
      });
      socket.once('error', reject);
      socket.once('open', () =>
        resolve({
          send: (event, data) => socket.send(JSON.stringify({ event, data })),
          close: () => socket.terminate(),
        }),
      );
    }),
  'Socket.IO': (url: string, receive: Receive): Promise<Wire> =>
    new Promise((resolve, reject) => {
      const socket = io(url, { transports: ['websocket'], forceNew: true, reconnection: false });
      socket.onAny((event: string, data: object) => receive(event, data));
      socket.once('connect_error', reject);
      socket.once('connect', () =>
        resolve({
          send: (event, message) => void socket.emit(event, message),
          close: () => void socket.disconnect(),
        }),
      );
    }),
};

async function start(
  cluster: PostgresCluster,
  over: keyof typeof wires,
  on: 'Express' | 'Fastify',
): Promise<Connection> {
  const module = shopModule(cluster, { providers: [ShopGateway] });
  const { app, url } = await listening(module, on, (nest) => {
    nest.useWebSocketAdapter(over === 'Socket.IO' ? new IoAdapter(nest) : new WsAdapter(nest));
  });
  const waiting = new Map<number, (outcome: Outcome) => void>();
  const values = new Map<number, unknown>();
  const receive: Receive = (event, data) => {
    const ticket = (data.ticket ?? data.cause?.data.ticket)!;
    if ('value' in data) values.set(ticket, data.value);
    if (event === 'end') waiting.get(ticket)?.({ ok: true, value: values.get(ticket) });
    if (event === 'exception') waiting.get(ticket)?.(failed({ ...data, cause: undefined }));
  };
  let tickets = 0;
  const eventOf = (operation: string): string =>
    operation === 'here' || operation === 'session' ? operation : 'run';
  const send = (wire: Wire, operation: string, order: Order): number => {
    const ticket = ++tickets;
    wire.send(eventOf(operation), { ticket, operation: operation as Operation, order });
    return ticket;
  };
  const wire = await wires[over](url, receive);
  const leaving = await wires[over](url, () => {});
  return {
    app,
    call: (operation, order) => new Promise((resolve) => waiting.set(send(wire, operation, order), resolve)),
    abandon: (operation, order) => {
      send(leaving, operation, order);
      return () => leaving.close();
    },
    close: async () => {
      wire.close();
      leaving.close();
      await app.close();
    },
  };
}

/** Both kinds of sockets that Nest brings adapters for. */
export const webSockets: readonly Transport[] = [
  {
    name: 'a bare WebSocket on Fastify',
    handlers: ['here', 'session'],
    start: (cluster) => start(cluster, 'a bare WebSocket', 'Fastify'),
  },
  {
    name: 'Socket.IO on Express',
    handlers: ['here', 'session'],
    start: (cluster) => start(cluster, 'Socket.IO', 'Express'),
  },
];

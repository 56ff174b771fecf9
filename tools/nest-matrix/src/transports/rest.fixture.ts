import { SessionPerRequest, Transactional } from '@nest-pooling/nestjs';
import type { PostgresCluster } from '@nest-pooling/services';
import { Body, Controller, Param, Post, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { request } from 'node:http';
import type { Order } from '../shop/orders.fixture.js';
import { Shop, shopModule, type Operation } from '../shop/shop.fixture.js';
import type { Connection, Outcome, Transport } from '../transport.fixture.js';

@Controller('shop')
class ShopController {
  constructor(private readonly shop: Shop) {}

  @Post('here')
  @Transactional('shop')
  here(@Body() order: Order): Promise<string> {
    return this.shop.orders.write(order);
  }

  @Post('session')
  @SessionPerRequest('shop')
  session(@Body() order: Order): Promise<string> {
    return this.shop.orders.write(order);
  }

  @Post(':operation')
  run(@Param('operation') operation: Operation, @Body() order: Order): unknown {
    return this.shop.run(operation, order);
  }
}

/** An application on a port of its own, on Express or Fastify. */
export async function listening(
  module: Type,
  on: 'Express' | 'Fastify',
  prepare?: (app: INestApplication) => void,
): Promise<{ app: INestApplication; url: string }> {
  const app =
    on === 'Express'
      ? await NestFactory.create(module, { logger: false })
      : await NestFactory.create(module, new FastifyAdapter(), { logger: false });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  return { app, url: await app.getUrl() };
}

const headers = { 'content-type': 'application/json' };

/** A client that speaks JSON. */
export function post(url: string, body: object): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

/**
 * One that can go away. Not `fetch`, which connects anew when it is aborted: a server that closes waits for that connection, since it has
 * not asked anything yet.
 */
export function postAndLeave(url: string, body: object): () => void {
  const asking = request(url, { method: 'POST', headers, agent: false });
  asking.on('error', () => {});
  asking.end(JSON.stringify(body));
  return () => void asking.destroy();
}

async function start(cluster: PostgresCluster, on: 'Express' | 'Fastify'): Promise<Connection> {
  const { app, url } = await listening(shopModule(cluster, { controllers: [ShopController] }), on);
  return {
    app,
    call: async (operation, order) => outcomeOf(await post(`${url}/shop/${operation}`, order)),
    abandon: (operation, order) => postAndLeave(`${url}/shop/${operation}`, order),
    close: () => app.close(),
  };
}

async function outcomeOf(response: Response): Promise<Outcome> {
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  if (response.ok) return { ok: true, value: type.includes('json') && text ? JSON.parse(text) : text };
  const { status, code } = JSON.parse(text) as { status: number; code: string };
  // What is not told as a problem counts as another error.
  const told = type.startsWith('application/problem+json') && status === response.status;
  const seconds = response.headers.get('retry-after');
  return {
    ok: false,
    status: told ? response.status : -1,
    code,
    retryAfterMs: seconds === null ? undefined : Number(seconds) * 1_000,
    text: text + JSON.stringify([...response.headers]),
  };
}

/** REST on both platforms. */
export const rest: readonly Transport[] = (['Express', 'Fastify'] as const).map((on) => ({
  name: `REST on ${on}`,
  handlers: ['here', 'session'],
  start: (cluster) => start(cluster, on),
}));

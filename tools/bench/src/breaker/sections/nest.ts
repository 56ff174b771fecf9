import 'reflect-metadata';
import { Controller, Injectable, Module, type CallHandler, type ExecutionContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { CircuitBreaker, CircuitBreakerInterceptor, PoolingModule } from '@nest-pooling/nestjs';
import { definePool } from '@nest-pooling/nestjs/testing';
import type { Row } from '@nest-pooling/report';
import { defer, lastValueFrom } from 'rxjs';
import { measure } from '../../measure.js';
import type { Subject } from '../../subject.js';
import { added } from './closed.js';

@Injectable()
class Prices {
  async plain(): Promise<number> {
    return 1;
  }

  @CircuitBreaker()
  async guarded(): Promise<number> {
    return 1;
  }
}

@Controller()
class Route {
  @CircuitBreaker()
  async find(): Promise<number> {
    return 1;
  }
}

@Module({})
class Root {}

/** What the faces of NestJS add: a guarded method of a provider, and the interceptor of a route. */
export async function nestSection(): Promise<readonly Row[]> {
  const pooling = PoolingModule.forRoot({ health: false, pools: { bench: definePool({}) } });
  const providers = [Prices, CircuitBreakerInterceptor];
  const root = { module: Root, imports: [pooling], controllers: [Route], providers };
  const app = await NestFactory.createApplicationContext(root, { logger: false });
  const prices = app.get(Prices);
  const interceptor = app.get(CircuitBreakerInterceptor, { strict: false });
  const next: CallHandler = { handle: () => defer(() => prices.plain()) };
  const context = (): ExecutionContext =>
    new ExecutionContextHost([], Route, Reflect.get(Route.prototype, 'find'));
  try {
    const all = await measure([
      subject('method', async (n) => {
        for (let i = 0; i < n; i++) await prices.plain();
      }),
      subject('guarded method', async (n) => {
        for (let i = 0; i < n; i++) await prices.guarded();
      }),
      subject('handler', async (n) => {
        for (let i = 0; i < n; i++) {
          context();
          await lastValueFrom(next.handle());
        }
      }),
      subject('guarded handler', async (n) => {
        for (let i = 0; i < n; i++) await lastValueFrom(interceptor.intercept(context(), next));
      }),
    ]);
    return [
      added(all, '@CircuitBreaker at a method: added', 'guarded method', 'method'),
      added(all, '@CircuitBreaker at a route, without HTTP: added', 'guarded handler', 'handler'),
    ];
  } finally {
    await app.close();
  }
}

function subject(name: string, run: (n: number) => Promise<void>): Subject {
  return { name, setup: async () => {}, run, teardown: async () => {} };
}

import { describe, expect, it, jest } from '@jest/globals';
import { inspect } from 'node:util';
import { ConsoleLogger, Controller, Get, HttpException, Logger, Module } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import type { HttpAdapterHost } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { PoolingError, type ErrorCategory, type PoolingErrorInit } from '@nest-pooling/core';
import { firstValueFrom } from 'rxjs';
import { PoolExceptionFilter, PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';

const SECRET = 'FATAL: password authentication failed for user "app" at 10.0.0.7';

class Raised extends PoolingError {
  static override readonly brand = 'Raised';
  readonly code = 'RAISED';
  readonly category: ErrorCategory;
  constructor(category: ErrorCategory, init?: PoolingErrorInit) {
    super(SECRET, init);
    this.category = category;
  }
}

let thrown: unknown;
@Controller()
class Orders {
  @Get('orders')
  list(): void {
    throw thrown;
  }
}

async function answer(error: unknown, exceptionFilter?: boolean) {
  thrown = error;
  @Module({
    imports: [PoolingModule.forRoot({ exceptionFilter, pools: { orders: definePool({}) } })],
    controllers: [Orders],
  })
  class Application {}
  const module = await Test.createTestingModule({ imports: [Application] })
    .setLogger(new ConsoleLogger({ logLevels: [] }))
    .compile();
  const app = module.createNestApplication();
  await app.listen(0);
  try {
    const response = await fetch(`${await app.getUrl()}/orders`);
    const text = await response.text();
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      type: response.headers.get('content-type'),
      text,
      body: JSON.parse(text) as object,
    };
  } finally {
    await app.close();
  }
}

describe('PoolExceptionFilter over HTTP', () => {
  it.each<[ErrorCategory, number, string | null, string]>([
    ['unavailable', 503, '1', 'Service Unavailable'],
    ['timeout', 504, null, 'Gateway Timeout'],
    ['conflict', 409, null, 'Conflict'],
    ['cancelled', 503, null, 'Service Unavailable'],
    ['failed', 500, null, 'Internal Server Error'],
    ['misuse', 500, null, 'Internal Server Error'],
  ])('answers %s with %i, and shows nothing of its text', async (category, status, retryAfter, title) => {
    const response = await answer(new Raised(category, { cause: new Error(SECRET) }));
    expect(response).toMatchObject({ status, retryAfter });
    expect(response.type).toMatch(/^application\/problem\+json\b/);
    expect(response.body).toEqual({ title, status, detail: expect.any(String), code: 'RAISED' });
    expect(response.text).not.toMatch(/password|10\.0\.0\.7/);
  });

  it.each([
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [29_500, '30'],
  ])('rounds a hint of %i ms up to whole seconds', async (retryAfterMs, expected) => {
    expect((await answer(new Raised('unavailable', { retryAfterMs }))).retryAfter).toBe(expected);
  });

  it('leaves other errors alone, and ours when it is turned off', async () => {
    expect((await answer(new HttpException('teapot', 418))).status).toBe(418);
    expect(await answer(new Raised('unavailable'), false)).toMatchObject({ status: 500, retryAfter: null });
  });
});

describe('PoolExceptionFilter in other contexts', () => {
  const adapter = {
    isHeadersSent: jest.fn(() => true),
    end: jest.fn(),
    reply: jest.fn(),
    setHeader: jest.fn(),
  };
  const filter = new PoolExceptionFilter({ httpAdapter: adapter } as unknown as HttpAdapterHost);
  const hostOf = (type: string, ...args: unknown[]) => {
    const host = new ExecutionContextHost(args);
    host.setType(type);
    return host;
  };
  const error = new Raised('unavailable', { retryAfterMs: 1_500 });
  const expected = {
    status: 'error',
    statusCode: 503,
    code: 'RAISED',
    message: expect.stringMatching(/^A resource/),
    retryAfterMs: 2_000,
  };

  it('ends a response whose head was sent, and writes nothing into it', () => {
    const response = {};
    filter.catch(error, hostOf('http', {}, response));
    expect(adapter.end).toHaveBeenCalledWith(response);
    expect(adapter.reply).not.toHaveBeenCalled();
    expect(adapter.setHeader).not.toHaveBeenCalled();
  });

  it('gives an RPC client what an RpcException would', async () => {
    const result = filter.catch(error, hostOf('rpc'))!;
    await expect(firstValueFrom(result)).rejects.toEqual(expected);
    const late = filter.catch(new Raised('timeout'), hostOf('rpc'))!;
    await expect(firstValueFrom(late)).rejects.not.toHaveProperty('retryAfterMs');
  });

  it.each<[ErrorCategory, number]>([
    ['unavailable', 14],
    ['timeout', 4],
    ['conflict', 10],
    ['cancelled', 1],
    ['failed', 13],
    ['misuse', 13],
  ])('gives a gRPC client a status: %s is %i', async (category, code) => {
    const raised = new Raised(category);
    const call = { sendMetadata: () => {} };
    class Metadata {
      readonly all: Record<string, string> = {};
      set(key: string, value: string): void {
        this.all[key] = value;
      }
    }
    const failing = firstValueFrom(filter.catch(raised, hostOf('rpc', {}, new Metadata(), call))!);
    const status = (await failing.catch((caught: unknown) => caught)) as {
      details: string;
      metadata: Metadata;
    };
    expect(status).toMatchObject({ code, details: expect.not.stringContaining('password') });
    const retry = category === 'unavailable' ? { 'retry-after-ms': '1000' } : {};
    expect(status.metadata.all).toEqual({ 'error-code': 'RAISED', ...retry });
    const bare = firstValueFrom(filter.catch(raised, hostOf('rpc', {}, undefined, call))!);
    await expect(bare).rejects.toEqual({ code, details: expect.any(String) });
  });

  it('sends an exception event over Socket.IO, and as JSON over a bare WebSocket', () => {
    const socket = { emit: jest.fn() };
    // Nest puts the pattern behind the arguments of the handler.
    const asked = { pattern: 'place', data: { id: 7 } };
    filter.catch(error, hostOf('ws', socket, asked.data, asked.pattern));
    expect(socket.emit).toHaveBeenCalledWith('exception', { ...expected, cause: asked });
    const bare = { readyState: 1, emit: jest.fn(), send: jest.fn<(text: string) => void>() };
    filter.catch(error, hostOf('ws', bare, asked.data, asked.pattern));
    expect(bare.emit).not.toHaveBeenCalled();
    const sent = JSON.parse(bare.send.mock.calls[0]![0]) as object;
    expect(sent).toEqual({ event: 'exception', data: { ...expected, cause: asked } });
  });

  const thrownIn = (type: string): unknown => {
    try {
      filter.catch(
        new Raised('unavailable', { retryAfterMs: 1_500, cause: new Error(SECRET) }),
        hostOf(type),
      );
    } catch (caught) {
      return caught;
    }
    throw new Error('nothing was thrown');
  };

  it('throws what GraphQL makes an entry of errors of, with nothing else to be found in it', () => {
    const caught = thrownIn('graphql') as Error & { extensions: object };
    expect(caught).toBeInstanceOf(Error);
    expect(caught.extensions).toEqual({
      code: 'RAISED',
      status: 503,
      retryAfterMs: 2_000,
      http: { status: 503 },
    });
    expect(inspect(caught, { depth: 9, showHidden: true })).not.toMatch(/password|10\.0\.0\.7|\.ts:/);
  });

  it('throws an HttpException where another framework has errors of its own', () => {
    const caught = thrownIn('telegraf');
    expect(caught).toBeInstanceOf(HttpException);
    expect((caught as HttpException).getStatus()).toBe(503);
    expect((caught as HttpException).getResponse()).toMatchObject(expected);
    expect(JSON.stringify((caught as HttpException).getResponse())).not.toContain('password');
  });

  it('logs what only a change of the program can mend', () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    try {
      filter.catch(error, hostOf('rpc'));
      expect(logged).not.toHaveBeenCalled();
      const misuse = new Raised('misuse');
      filter.catch(misuse, hostOf('rpc'));
      expect(logged).toHaveBeenCalledWith(misuse);
    } finally {
      logged.mockRestore();
    }
  });
});

import { Agent, get, type IncomingMessage } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ConsoleLogger, Controller, Get, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';

let held: (() => void)[] = [];

@Controller()
class Shop {
  @Get('fast')
  fast(): string {
    return 'fast';
  }

  @Get('slow')
  slow(): Promise<string> {
    return new Promise((resolve) => held.push(() => resolve('slow')));
  }
}

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
  readonly reused: boolean;
}

describe('a shutdown', () => {
  const env = new VirtualEnv();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const long = new Agent({ keepAlive: true, maxSockets: 1 });
  let app: INestApplication;
  let url: string;
  let closed: string[];

  beforeEach(async () => {
    held = [];
    closed = [];
    const hooks = { close: async () => void closed.push('pool') };
    const pools = [1, 2].map((n) =>
      PoolingModule.forRoot({
        ...(n === 2 && { health: false }),
        env,
        shutdownDelayMs: n * 1_000,
        pools: { [`pool-${n}`]: definePool({}, hooks) },
      }),
    );
    const module = await Test.createTestingModule({ imports: pools, controllers: [Shop] })
      .setLogger(new ConsoleLogger({ logLevels: [] }))
      .compile();
    app = module.createNestApplication();
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  afterEach(() => {
    agent.destroy();
    long.destroy();
  });

  const call = (path: string, by = agent): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = get(url + path, { agent: by }, (response: IncomingMessage) => {
        const { statusCode: status, headers } = response;
        response
          .resume()
          .on('end', () => resolve({ status, connection: headers.connection, reused: request.reusedSocket }));
      }).on('error', reject);
    });

  it('goes on answering for the longest delay of its modules, not healthy, ending connections; then waits for the last answer', async () => {
    await call('/fast');
    expect(await call('/fast')).toEqual({ status: 200, connection: 'keep-alive', reused: true });
    const slow = call('/slow', long);
    while (held.length === 0) await new Promise(setImmediate);

    let over = false;
    const closing = app.close().then(() => (over = true));
    while (env.pendingTimers === 0) await new Promise(setImmediate);
    expect(await call('/fast')).toEqual({ status: 200, connection: 'close', reused: true });
    expect(await call('/health/pools')).toMatchObject({ status: 503, connection: 'close', reused: false });
    await env.advance(1_999);
    expect(await call('/fast')).toMatchObject({ status: 200, connection: 'close' });

    await env.advance(1);
    // The server listens no more; whoever has a request under way gets the answer.
    await expect(refused()).resolves.toBe('ECONNREFUSED');
    expect([over, closed]).toEqual([false, []]);
    held[0]!();
    expect(await slow).toMatchObject({ status: 200 });
    await closing;
    expect(closed).toEqual(['pool', 'pool']);
  });

  async function refused(): Promise<unknown> {
    for (;;) {
      const failed = await call('/fast').then(
        () => undefined,
        ({ code }: { code?: unknown }) => code,
      );
      if (failed === 'ECONNREFUSED') return failed;
    }
  }
});

import { describe, expect, it, jest } from '@jest/globals';
import {
  ConsoleLogger,
  Controller,
  Get,
  Injectable,
  Logger,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { ManagedReport } from '@nest-pooling/core';
import { SqlPool } from '@nest-pooling/sql';
import { InjectPool, PoolNotOpenError, PoolingModule, PoolRegistry, UnknownPoolError } from '../index.js';
import { definePool, nodeReport, type PoolHooks } from '../testing/index.js';

const face = Object.create(SqlPool.prototype) as SqlPool;
const silent = new ConsoleLogger({ logLevels: [] });

async function appWith(hooks: PoolHooks, providers: never[] = [], controllers: never[] = []) {
  const pools = PoolingModule.forRoot({ pools: { orders: definePool(face, hooks) } });
  const module = await Test.createTestingModule({ imports: [pools], providers, controllers })
    .setLogger(silent)
    .compile();
  return module.createNestApplication();
}

describe('PoolRegistry', () => {
  it('gives pools by name, and names the nearest one for a name that does not exist', async () => {
    const app = await appWith({});
    const registry = app.get(PoolRegistry);
    expect(registry.get('orders')).toBe(face);
    expect(registry.managed('orders')).toMatchObject({ name: 'orders', kind: 'memory' });
    expect(registry.names()).toEqual(['orders']);
    const error = (() => {
      try {
        return registry.get('ordesr' as 'orders');
      } catch (e) {
        return e;
      }
    })();
    expect(error).toBeInstanceOf(UnknownPoolError);
    expect((error as Error).message).toContain("Did you mean 'orders'? Known pools: 'orders'.");
    await app.close();
  });

  it('tells a pool that is not open yet from one that does not exist', async () => {
    const asked: unknown[] = [];
    @Injectable()
    class Early {
      constructor(registry: PoolRegistry) {
        try {
          registry.get('pricing');
        } catch (error) {
          asked.push(error);
        }
      }
    }
    @Module({ providers: [Early] })
    class Feature {}
    const module = await Test.createTestingModule({
      imports: [
        PoolingModule.forRoot({ pools: { orders: definePool(face) } }),
        Feature,
        PoolingModule.forRootAsync({
          health: false,
          pools: ['pricing'],
          useFactory: async () => {
            // Until the class above has asked.
            while (asked.length === 0) await new Promise(setImmediate);
            return { pricing: definePool({}) };
          },
        }),
      ],
    }).compile();
    expect(asked[0]).toBeInstanceOf(PoolNotOpenError);
    expect(asked[0]).toMatchObject({ code: 'POOL_NOT_OPEN', pool: 'pricing' });
    expect(module.get(PoolRegistry).get('pricing')).toEqual({});
    await module.close();
  });

  const ill = nodeReport({ healthy: false, status: 'ejected' });
  it.each<[string, Pick<ManagedReport, 'serving' | 'nodes'>]>([
    ['healthy', { serving: true, nodes: { 'orders.primary': nodeReport() } }],
    ['degraded', { serving: true, nodes: { 'orders.primary': nodeReport(), 'orders.replica-1': ill } }],
    ['unhealthy', { serving: false, nodes: { 'orders.primary': nodeReport() } }],
  ])('reports all nodes, and overall %s', async (overall, report) => {
    const app = await appWith({ report: () => report });
    expect(app.get(PoolRegistry).report()).toEqual({ overall, pools: report.nodes });
    await app.close();
  });
});

describe('the life of the pools in an application', () => {
  it('starts them before the hooks of the application, which may use them', async () => {
    const log: string[] = [];
    @Injectable()
    class Orders implements OnModuleInit {
      constructor(@InjectPool('orders') readonly orders: SqlPool) {}
      onModuleInit(): void {
        log.push('application');
      }
    }
    const app = await appWith({ start: () => void log.push('pool') }, [Orders as never]);
    expect(log).toEqual([]);
    await app.init();
    expect(log).toEqual(['pool', 'application']);
    await app.close();
  });

  it('stops the boot when one does not start', async () => {
    const close = jest.fn<() => void>();
    const app = await appWith({ start: () => Promise.reject(new Error('down')), close });
    await expect(app.init()).rejects.toMatchObject({ code: 'POOL_START_FAILED' });
    expect(close).toHaveBeenCalledTimes(1);
    await app.close();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('turns unhealthy before the server stops, and closes after the last request was answered', async () => {
    const log: string[] = [];
    let letAnswer = (): void => {};
    @Controller()
    class Slow {
      @Get('slow')
      async slow(): Promise<string> {
        log.push('request begun');
        await new Promise<void>((resolve) => (letAnswer = resolve));
        log.push('request answered');
        return 'done';
      }
    }
    const app = await appWith({ close: () => void log.push('closed') }, [], [Slow as never]);
    await app.listen(0);
    const answer = fetch(`${await app.getUrl()}/slow`, { headers: { connection: 'close' } });
    while (log.length === 0) await new Promise(setImmediate);
    const closing = app.close();
    const registry = app.get(PoolRegistry);
    while (registry.report().overall !== 'unhealthy') await new Promise(setImmediate);
    expect(log).toEqual(['request begun']);
    letAnswer();
    expect(await (await answer).text()).toBe('done');
    await closing;
    expect(log).toEqual(['request begun', 'request answered', 'closed']);
  });

  it('logs what does not close, without its text, and ends all the same', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    try {
      const app = await appWith({ close: () => Promise.reject(new Error('password=hunter2')) });
      await app.init();
      await app.close();
      expect(logged).toHaveBeenCalledTimes(1);
      expect(logged.mock.calls[0]![0]).toContain('orders: Error');
      expect(JSON.stringify(logged.mock.calls)).not.toContain('hunter2');
    } finally {
      logged.mockRestore();
    }
  });
});

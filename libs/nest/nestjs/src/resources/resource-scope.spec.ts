import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger, Injectable, Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import {
  DuplicateResourceError,
  PoolingModule,
  ResourceCleanUpMissingError,
  ResourceCloseError,
  ResourceScope,
  ResourceScopeClosedError,
  ResourceTimeoutError,
  UnknownResourceError,
} from '../index.js';
import { definePool, type PoolHooks } from '../testing/index.js';

const silent = new ConsoleLogger({ logLevels: [] });
const never = () => new Promise<void>(() => {});
const errorOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
};

async function boot(hooks: PoolHooks = {}, env = new VirtualEnv(), providers: never[] = []) {
  const pools = PoolingModule.forRoot({ env, pools: { orders: definePool({}, hooks) } });
  const module = await Test.createTestingModule({ imports: [pools], providers })
    .setLogger(silent)
    .compile();
  await module.init();
  return { module, env, scope: module.get(ResourceScope) };
}

afterEach(() => {
  jest.restoreAllMocks();
});

describe('ResourceScope', () => {
  it('gives the resource back, and ends the last one first, after the answer and before the pools', async () => {
    const log: string[] = [];
    @Injectable()
    class Mail {
      readonly transport: { readonly host: string };
      constructor(scope: ResourceScope) {
        this.transport = scope.add('mail', { host: 'mx' }, ({ host }) => void log.push(host));
      }
    }
    const { module, scope, env } = await boot({ close: () => void log.push('pool') }, undefined, [
      Mail as never,
    ]);
    expect(module.get(Mail).transport).toEqual({ host: 'mx' });
    scope.add('watcher', {}, async () => {
      await Promise.resolve();
      log.push('watcher');
    });
    expect(scope.names).toEqual(['mail', 'watcher']);
    await module.close();
    expect(log).toEqual(['watcher', 'mx', 'pool']);
    expect(env.pendingTimers).toBe(0);
  });

  it.each<[string, (ended: () => void) => object]>([
    ['Symbol.asyncDispose', (ended) => ({ [Symbol.asyncDispose]: async () => ended(), close: never })],
    ['Symbol.dispose', (ended) => ({ [Symbol.dispose]: ended, close: never })],
    ['close', (ended) => ({ close: ended, end: never })],
    ['end', (ended) => ({ end: ended, destroy: never })],
    ['destroy', (ended) => ({ destroy: ended })],
  ])('ends a resource by its own %s when no clean-up is given', async (_, make) => {
    const { module, scope } = await boot();
    const ended = jest.fn();
    scope.add('it', make(ended));
    await module.close();
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('calls the method on the resource', async () => {
    class Client {
      #open = true;
      get open() {
        return this.#open;
      }
      close() {
        this.#open = false;
      }
    }
    const { module, scope } = await boot();
    const client = scope.add('client', new Client());
    await module.close();
    expect(client.open).toBe(false);
  });

  it('runs the rest when one throws or hangs, and logs each failure without its text', async () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    const { module, scope, env } = await boot();
    const ended = jest.fn();
    scope.add('first', {}, ended);
    scope.add('secret', {}, () =>
      Promise.reject(Object.assign(new Error('hunter2'), { code: 'ECONNRESET' })),
    );
    scope.add('hangs', {}, never, { timeoutMs: 300 });
    scope.add('throws', {}, () => {
      throw new TypeError('hunter2 too');
    });
    const closing = module.close();
    await env.advance(299);
    expect(ended).not.toHaveBeenCalled();
    await env.advance(1);
    await closing;
    expect(ended).toHaveBeenCalledTimes(1);
    const lines = logged.mock.calls.map(([line]) => String(line));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain("Resource 'throws' did not end in an orderly way: TypeError");
    expect(lines[1]).toContain("Resource 'hangs' did not end within 300 ms");
    expect(lines[2]).toContain('Error (ECONNRESET)');
    expect(lines.join()).not.toContain('hunter2');
    expect(env.pendingTimers).toBe(0);
  });

  it('tells a program that closes it by itself all that failed', async () => {
    const { scope, module } = await boot();
    const [a, b] = [new Error('a'), new Error('b')];
    scope.add('a', {}, () => Promise.reject(a));
    scope.add('b', {}, () => Promise.reject(b));
    const error = await scope.close().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ResourceCloseError);
    expect(error).toMatchObject({
      code: 'RESOURCE_CLOSE_FAILED',
      failures: [
        { name: 'b', error: b },
        { name: 'a', error: a },
      ],
    });
    await module.close();
  });

  it('ends one before the shutdown, once, and frees its name', async () => {
    const { scope, module } = await boot();
    const ended = jest.fn<() => Promise<void>>(async () => {});
    scope.add('client', {}, ended);
    await Promise.all([scope.dispose('client'), scope.dispose('client')]);
    expect(scope.names).toEqual([]);
    scope.add('client', {}, ended);
    await module.close();
    expect(ended).toHaveBeenCalledTimes(2);
  });

  it('forgets one whose end fails, and lets the shutdown wait for one that is ending', async () => {
    const { scope, module, env } = await boot();
    scope.add('hangs', {}, never, { timeoutMs: 50 });
    const disposed = scope.dispose('hangs').catch((e: unknown) => e);
    expect(errorOf(() => scope.add('hangs', {}, never))).toBeInstanceOf(DuplicateResourceError);
    let closed = false;
    const closing = module.close().then(() => (closed = true));
    await env.advance(49);
    expect(closed).toBe(false);
    await env.advance(1);
    await closing;
    expect(await disposed).toBeInstanceOf(ResourceTimeoutError);
    expect(await disposed).toMatchObject({
      code: 'RESOURCE_CLOSE_TIMEOUT',
      category: 'timeout',
      resource: 'hangs',
    });
  });

  it('ends them when the application does not start for want of a pool', async () => {
    const log: string[] = [];
    @Injectable()
    class Early {
      constructor(scope: ResourceScope) {
        scope.add('early', {}, () => void log.push('early'));
      }
    }
    const start = () => Promise.reject(new Error('down'));
    await expect(boot({ start }, undefined, [Early as never])).rejects.toMatchObject({
      code: 'POOL_START_FAILED',
    });
    expect(log).toEqual(['early']);
  });

  it('refuses what it cannot end, names twice, unknown names, wrong options, and latecomers', async () => {
    const { scope, module } = await boot();
    const missing = errorOf(() => scope.add('plain', {}));
    expect(missing).toBeInstanceOf(ResourceCleanUpMissingError);
    expect((missing as Error).message).toContain('Symbol.asyncDispose, Symbol.dispose, close, end, destroy');
    scope.add('client', { close: () => {} });
    expect(errorOf(() => scope.add('client', { close: () => {} }))).toBeInstanceOf(DuplicateResourceError);
    const unknown = await scope.dispose('cleint').catch((e: unknown) => e);
    expect(unknown).toBeInstanceOf(UnknownResourceError);
    expect((unknown as Error).message).toContain("Did you mean 'client'? Known resources: 'client'.");
    expect(errorOf(() => scope.add('', {}, 'x' as never, { timeoutMs: -1 }))).toBeInstanceOf(OptionsError);
    await module.close();
    const late = errorOf(() => scope.add('late', { close: () => {} }));
    expect(late).toBeInstanceOf(ResourceScopeClosedError);
    expect(late).toMatchObject({ code: 'RESOURCE_SCOPE_CLOSED', resource: 'late' });
  });
});

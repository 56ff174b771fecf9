import { describe, expect, it, jest } from '@jest/globals';
import { ConsoleLogger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OptionsError, type Env, type Plugin } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import {
  DuplicatePoolError,
  PluginError,
  PoolCloseError,
  PoolingModule,
  PoolNotRemovableError,
  PoolOpenError,
  PoolProber,
  PoolRegistry,
  PoolsClosedError,
  PoolStartError,
  UnknownPoolError,
} from '../index.js';
import { definePool, nodeReport } from '../testing/index.js';

const silent = new ConsoleLogger({ logLevels: [] });
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
const gate = () => {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
};

async function boot(plugins: Plugin[] = []) {
  const env = new VirtualEnv();
  const pools = PoolingModule.forRoot({ env, plugins, pools: { orders: definePool({}) } });
  const module = await Test.createTestingModule({ imports: [pools] })
    .setLogger(silent)
    .compile();
  await module.init();
  return { module, env, registry: module.get(PoolRegistry) };
}

describe('PoolRegistry.add', () => {
  it('opens, attaches the plugins, starts, and is part of reports, probes and the shutdown', async () => {
    const log: string[] = [];
    const watch: Plugin = {
      name: 'watch',
      attach: ({ name }) => {
        log.push(`attach ${name}`);
        return () => void log.push(`detach ${name}`);
      },
    };
    const { module, registry, env } = await boot([watch]);
    const face = { ping: async () => ({ 'extra.primary': { ok: true, ms: 1 } }) };
    const seen = jest.fn((_name: string, _env: Env) => face);
    const definition = definePool(seen, {
      start: () => void log.push('start'),
      drain: (ms) => void log.push(`drain ${ms}`),
      close: () => void log.push('close'),
      report: () => ({ nodes: { 'extra.primary': nodeReport() } }),
    });
    expect(await registry.add('extra', definition)).toBe(face);
    expect(seen).toHaveBeenCalledWith('extra', env);
    expect(registry.names()).toEqual(['orders', 'extra']);
    expect(registry.get('extra' as 'orders')).toBe(face);
    expect(registry.report().pools).toHaveProperty(['extra.primary']);
    expect((await module.get(PoolProber).pingAll()).pools).toHaveProperty('extra');
    await module.close();
    expect(log).toEqual([
      'attach orders',
      'attach extra',
      'start',
      'drain 10000',
      'close',
      'detach orders',
      'detach extra',
    ]);
  });

  it('shows it only when it has started, but refuses its name before', async () => {
    const { module, registry } = await boot();
    const { passed, open } = gate();
    const adding = registry.add('extra', definePool({}, { start: () => passed }));
    expect(registry.names()).toEqual(['orders']);
    expect(registry.report().overall).toBe('healthy');
    const twice = await errorOf(registry.add('extra', definePool({})));
    expect(twice).toBeInstanceOf(DuplicatePoolError);
    expect((twice as Error).message).toContain("There is a pool 'extra' already");
    expect(await errorOf(registry.add('orders', definePool({})))).toBeInstanceOf(DuplicatePoolError);
    open();
    await adding;
    expect(registry.names()).toEqual(['orders', 'extra']);
    await module.close();
  });

  it('leaves nothing of a pool that does not come up, whatever failed', async () => {
    let refuse = false;
    const detach = jest.fn();
    const plugins: Plugin[] = [
      { name: 'fine', attach: () => detach },
      {
        name: 'picky',
        attach: () => {
          if (refuse) throw new Error('no');
          return () => {};
        },
      },
    ];
    const { module, registry } = await boot(plugins);
    const close = jest.fn<() => void>();
    const start = () => Promise.reject(new Error('hunter2'));
    const notStarted = await errorOf(registry.add('extra', definePool({}, { start, close })));
    expect(notStarted).toBeInstanceOf(PoolStartError);
    expect((notStarted as Error).message).toContain("The application goes on without pool 'extra'");
    expect((notStarted as Error).message).not.toContain('hunter2');
    expect([close, detach].map((fn) => fn.mock.calls.length)).toEqual([1, 1]);
    refuse = true;
    expect(await errorOf(registry.add('extra', definePool({}, { close })))).toBeInstanceOf(PluginError);
    expect([close, detach].map((fn) => fn.mock.calls.length)).toEqual([2, 2]);
    refuse = false;
    const throws = definePool((): object => {
      throw new Error('bad');
    });
    expect(await errorOf(registry.add('extra', throws))).toBeInstanceOf(PoolOpenError);
    await registry.add('extra', definePool({}));
    await module.close();
  });

  it('refuses what is no definition, and a name that is none', async () => {
    const { module, registry } = await boot();
    const error = await errorOf(registry.add(' ', 'postgres://u:hunter2@h' as never));
    expect(error).toBeInstanceOf(OptionsError);
    expect((error as Error).message).toMatch(/name: must be .*\n.*definition: must be a definition/);
    expect((error as Error).message).not.toContain('hunter2');
    await module.close();
  });

  it('closes a pool that is being added when the application shuts down, and adds none after', async () => {
    const { module, registry } = await boot();
    const { passed, open } = gate();
    const close = jest.fn<() => void>(() => open());
    const adding = errorOf(registry.add('extra', definePool({}, { start: () => passed, close })));
    await module.close();
    expect(close).toHaveBeenCalledTimes(1);
    expect(await adding).toBeInstanceOf(PoolsClosedError);
    const late = await errorOf(registry.add('late', definePool({})));
    expect(late).toMatchObject({ code: 'POOLS_CLOSED', category: 'unavailable', pool: 'late' });
  });
});

describe('PoolRegistry.remove', () => {
  it('lets accepted work finish, though nobody finds the pool any more, and frees the name then', async () => {
    const { module, registry } = await boot();
    const { passed, open } = gate();
    const drain = jest.fn((_deadlineMs: number | undefined) => passed);
    await registry.add('extra', definePool({}, { drain }));
    const removing = registry.remove('extra', { drainDeadlineMs: 70 });
    expect(drain).toHaveBeenCalledWith(70);
    expect(registry.names()).toEqual(['orders']);
    expect(registry.report().overall).toBe('healthy');
    expect(await errorOf(registry.add('extra', definePool({})))).toBeInstanceOf(DuplicatePoolError);
    open();
    await removing;
    await registry.add('extra', definePool({}));
    await module.close();
  });

  it('is told when it does not close in an orderly way, and it is gone all the same', async () => {
    const { module, registry } = await boot();
    await registry.add('extra', definePool({}, { close: () => Promise.reject(new Error('x')) }));
    expect(await errorOf(registry.remove('extra'))).toBeInstanceOf(PoolCloseError);
    expect(registry.names()).toEqual(['orders']);
    await module.close();
  });

  it('is waited for by the shutdown', async () => {
    const { module, registry } = await boot();
    const { passed, open } = gate();
    const closed = jest.fn<() => void>();
    await registry.add('extra', definePool({}, { drain: () => passed, close: closed }));
    const removing = registry.remove('extra');
    const closing = module.close().then(() => expect(closed).toHaveBeenCalledTimes(1));
    await new Promise(setImmediate);
    open();
    await Promise.all([removing, closing]);
  });

  it('refuses pools of the configuration, unknown ones, and wrong options', async () => {
    const { module, registry } = await boot();
    expect(await errorOf(registry.remove('orders'))).toBeInstanceOf(PoolNotRemovableError);
    const unknown = await errorOf(registry.remove('ordesr'));
    expect(unknown).toBeInstanceOf(UnknownPoolError);
    expect((unknown as Error).message).toContain("Did you mean 'orders'?");
    const wrong = await errorOf(registry.remove('orders', { drainDeadline: 1 } as never));
    expect((wrong as Error).message).toContain('did you mean drainDeadlineMs?');
    await module.close();
  });
});

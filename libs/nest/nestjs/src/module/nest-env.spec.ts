import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger, type LoggerService } from '@nestjs/common';
import type { Definition, Env } from '@nest-pooling/core';
import { Test } from '@nestjs/testing';
import { nestEnv } from './nest-env.js';
import { PoolingModule } from './pooling.module.js';

const said: unknown[][] = [];
const logger = Object.fromEntries(
  ['log', 'error', 'warn', 'debug', 'verbose', 'fatal'].map((level) => [
    level,
    (...line: unknown[]) => void said.push([level, ...line]),
  ]),
) as unknown as LoggerService;

afterEach(() => {
  Logger.overrideLogger(true);
  said.length = 0;
});

describe('the environment of a Nest application', () => {
  it('logs to Nest’s Logger', () => {
    Logger.overrideLogger(logger);
    nestEnv.log!('warn', 'orders.primary', 'slow: …');
    nestEnv.log!('debug', 'orders.primary', 'read 1.0 ms');
    expect(said).toEqual([
      ['warn', 'slow: …', 'orders.primary'],
      ['debug', 'read 1.0 ms', 'orders.primary'],
    ]);
    expect(nestEnv.scheduler.now()).toBeGreaterThan(0);
    expect(nestEnv.random()).toBeLessThan(1);
  });

  it('is what the pools of a module are opened with', async () => {
    const opened: Env[] = [];
    const nothing = (): Promise<void> => Promise.resolve();
    const definition = {
      kind: 'none',
      open: (name: string, env: Env) => {
        opened.push(env);
        const report = (): object => ({ name, kind: 'none', status: 'active', serving: true, nodes: {} });
        return { name, kind: 'none', face: {}, start: nothing, drain: nothing, close: nothing, report };
      },
    } as unknown as Definition<object>;
    const imports = [PoolingModule.forRoot({ pools: { orders: definition }, health: false })];
    const module = await Test.createTestingModule({ imports }).compile();
    await module.init();
    expect(opened).toEqual([nestEnv]);
    await module.close();
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Next, Res, Sse, type Type } from '@nestjs/common';
import { OptionsError } from '@nest-pooling/core';
import { EMPTY, type Observable } from 'rxjs';
import { PoolFaceError, SessionPerRequest, SessionPlaceError, UnknownPoolError } from '../index.js';
import { start, stopAll } from './session.fixture.js';

afterEach(stopAll);

describe('SessionPerRequest at boot', () => {
  const booting = (type: Type) => start([type]).catch((error: unknown) => error);

  it('refuses a name that no pool has, and a pool that knows no SQL', async () => {
    @Controller()
    class Misspelt {
      @Get()
      @SessionPerRequest('ordesr' as 'orders')
      get(): void {}
    }
    @Controller()
    class NoSql {
      @Get()
      @SessionPerRequest('pricing')
      get(): void {}
    }
    const error = await booting(Misspelt);
    expect(error).toBeInstanceOf(UnknownPoolError);
    expect((error as Error).message).toContain("Misspelt.get is under @SessionPerRequest('ordesr')");
    expect(await booting(NoSql)).toBeInstanceOf(PoolFaceError);
  });

  it('refuses handlers that answer by themselves', async () => {
    @Controller()
    class Answers {
      @Get()
      @SessionPerRequest('orders')
      get(@Res() _response: unknown): void {}
    }
    @Controller()
    class Passes {
      @Get()
      @SessionPerRequest('orders')
      get(@Next() _next: unknown): void {}
    }
    @Controller()
    @SessionPerRequest('orders')
    class Events {
      @Sse()
      get(): Observable<never> {
        return EMPTY;
      }
    }
    for (const type of [Answers, Passes, Events]) {
      expect(await booting(type)).toMatchObject({ code: 'SESSION_MISPLACED', handler: `${type.name}.get` });
    }
    expect(new SessionPlaceError('A.b', 'x')).toBeInstanceOf(SessionPlaceError);
  });

  it('refuses wrong options when the class is defined', () => {
    expect(() => SessionPerRequest('orders', { isolation: 'none' } as never)).toThrow(OptionsError);
  });
});

import { afterEach, describe, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { getContext, signalKey } from '@nest-pooling/core';
import { SqlPool } from '@nest-pooling/sql';
import { map, of, timeout, type Observable } from 'rxjs';
import { ClientAbortInterceptor, ClientGoneError, InjectPool } from '../index.js';
import { start, stopAll, until } from './session.fixture.js';

afterEach(stopAll);

const failures: unknown[] = [];
const signals: AbortSignal[] = [];

@Injectable()
class Impatient implements NestInterceptor {
  intercept(_: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(timeout(50));
  }
}

@Controller()
class Shop {
  constructor(@InjectPool('orders') private readonly pool: SqlPool) {}

  async #noting(work: Promise<unknown>): Promise<unknown> {
    signals.push(getContext(signalKey)!);
    return work.catch((error: unknown) => {
      failures.push(error);
      throw error;
    });
  }

  @Get('slow')
  slow(): Promise<unknown> {
    return this.#noting(this.pool.query('sleep 60000'));
  }

  @Get('waits')
  waits(): Promise<unknown> {
    return this.#noting(this.pool.transaction(() => this.pool.query('insert a 1')));
  }

  @Get('quick')
  quick(): Promise<unknown> {
    return this.#noting(this.pool.query('insert b 1'));
  }

  @Get('observable')
  observable(): Observable<boolean> {
    // It is subscribed to later, in the flow of the request all the same.
    return of(1).pipe(map(() => getContext(signalKey) instanceof AbortSignal));
  }

  @Get('impatient')
  @UseInterceptors(Impatient, ClientAbortInterceptor)
  impatient(): Promise<unknown> {
    return this.slow();
  }
}

async function shop(everywhere = true) {
  failures.length = 0;
  signals.length = 0;
  const all = [{ provide: APP_INTERCEPTOR, useClass: ClientAbortInterceptor }];
  return start([Shop], everywhere ? all : []);
}

describe('ClientAbortInterceptor', () => {
  it('cancels the statement of a client that goes away, and nothing is left of it', async () => {
    const world = await shop();
    const gone = new AbortController();
    const asking = world.get('slow', { signal: gone.signal }).catch(() => {});
    await until(() => world.inUse() === 1);
    gone.abort();
    await asking;
    await until(() => world.inUse() === 0 && failures.length === 1);
    expect(failures[0]).toMatchObject({ category: 'cancelled' });
    expect((failures[0] as Error).cause).toBeInstanceOf(ClientGoneError);
    await until(() => world.cluster.server('orders').cancels === 1);
  });

  it('ends the wait for a resource too', async () => {
    const world = await shop();
    const others = [new AbortController(), new AbortController()];
    const holding = others.map(({ signal }) => world.get('slow', { signal }).catch(() => {}));
    await until(() => world.inUse() === 2);
    const gone = new AbortController();
    const asking = world.get('waits', { signal: gone.signal }).catch(() => {});
    await until(() => world.pool().waiting === 1);
    gone.abort();
    await asking;
    await until(() => failures.length === 1);
    expect(world.pool()).toMatchObject({ inUse: 2, waiting: 0 });
    expect(failures[0]).toMatchObject({ category: 'cancelled' });
    for (const other of others) other.abort();
    await Promise.all(holding);
    await until(() => world.inUse() === 0);
    expect(world.data()).toEqual({});
  });

  it('leaves alone what was answered, and reaches observables', async () => {
    const world = await shop();
    expect((await world.get('quick')).status).toBe(200);
    expect(signals[0]!.aborted).toBe(false);
    expect(await (await world.get('observable')).text()).toBe('true');
    expect(world.data()).toEqual({ b: '1' });
  });

  it('gives up with an interceptor further out', async () => {
    const world = await shop(false);
    expect((await world.get('impatient')).status).toBe(500);
    await until(() => failures.length === 1 && world.inUse() === 0);
    expect(failures[0]).toMatchObject({ category: 'cancelled' });
  });

  it('does nothing where it does not stand', async () => {
    const world = await shop(false);
    await world.get('quick');
    expect(signals).toEqual([undefined]);
  });
});

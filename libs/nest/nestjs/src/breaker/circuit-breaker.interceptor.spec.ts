import { describe, expect, it } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Test } from '@nestjs/testing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { EMPTY, NEVER, Observable, of, Subject } from 'rxjs';
import { BreakerRegistry, CircuitBreaker, CircuitBreakerInterceptor, PoolingModule } from '../index.js';
import { definePool } from '../testing/index.js';

@Controller()
class Orders {
  @Get('orders')
  @CircuitBreaker({ failureThreshold: 2 })
  list(): void {}

  @Get('free')
  free(): void {}
}

describe('CircuitBreakerInterceptor', () => {
  const contextOf = (method: 'list' | 'free') =>
    new ExecutionContextHost([], Orders, Reflect.get(Orders.prototype, method));

  async function intercept(handler: () => Observable<unknown>, type = 'rpc') {
    const env = new VirtualEnv();
    const module = await Test.createTestingModule({
      imports: [PoolingModule.forRoot({ env, pools: { orders: definePool({}) } })],
      providers: [CircuitBreakerInterceptor],
    }).compile();
    const context = contextOf('list');
    context.setType(type);
    const interceptor = module.get(CircuitBreakerInterceptor);
    const result = interceptor.intercept(context, { handle: handler });
    const breaker = module.get(BreakerRegistry).get('Orders.list');
    return { result, breaker, again: () => interceptor.intercept(context, { handle: handler }), module, env };
  }

  it.each(['rpc', 'ws', 'graphql'])('rejects in a context of %s too', async (type) => {
    const { result, breaker } = await intercept(() => of('value'), type);
    breaker.forceOpen();
    const errors: unknown[] = [];
    result.subscribe({ error: (error) => errors.push(error) });
    expect(errors).toMatchObject([{ code: 'BREAKER_OPEN' }]);
  });

  it('enters only when it is subscribed to: an interceptor in front may answer by itself', async () => {
    const { result, breaker } = await intercept(() => of('value'));
    breaker.forceOpen();
    expect(breaker.report().rejected).toBe(0);
    result.subscribe({ error: () => {} });
    expect(breaker.report().rejected).toBe(1);
  });

  it('counts one success at the end of a stream, however many values it has', async () => {
    const values = new Subject<number>();
    const { result, breaker } = await intercept(() => values);
    breaker.fail(breaker.tryEnter());
    const seen: unknown[] = [];
    result.subscribe((value) => seen.push(value));
    values.next(1);
    values.next(2);
    expect(breaker.report().failures).toBe(1);
    values.complete();
    expect(breaker.report().failures).toBe(0);
    expect(seen).toEqual([1, 2]);
  });

  it('counts a client that goes away for nothing, gives its permit back and stops the handler', async () => {
    let stopped = 0;
    const endless = new Observable(() => () => stopped++);
    const { result, breaker, env } = await intercept(() => endless);
    for (let i = 0; i < 2; i++) breaker.fail(breaker.tryEnter());
    await env.advance(1_000);
    const client = result.subscribe();
    expect(breaker.report()).toMatchObject({ state: 'half-open', trials: 1 });
    client.unsubscribe();
    expect(stopped).toBe(1);
    expect(breaker.report()).toMatchObject({ state: 'half-open', trials: 0, successes: 0 });
  });

  it('counts a handler that throws before it returns a stream', async () => {
    const { result, breaker } = await intercept(() => {
      throw new Error('at once');
    });
    const errors: unknown[] = [];
    result.subscribe({ error: (error) => errors.push(error) });
    expect(errors).toMatchObject([{ message: 'at once' }]);
    expect(breaker.report().failures).toBe(1);
  });

  it('enters once where it stands both at the class and at the method', async () => {
    const { result, again, breaker } = await intercept(() => EMPTY);
    breaker.forceOpen();
    const outcomes: string[] = [];
    again().subscribe({ error: () => outcomes.push('rejected'), complete: () => outcomes.push('passed') });
    result.subscribe({ error: () => outcomes.push('rejected') });
    expect(outcomes).toEqual(['passed', 'rejected']);
  });

  it('leaves handlers without the decorator alone', async () => {
    const { module } = await intercept(() => NEVER);
    const context = contextOf('free');
    const handled = of('free');
    expect(module.get(CircuitBreakerInterceptor).intercept(context, { handle: () => handled })).toBe(handled);
  });
});

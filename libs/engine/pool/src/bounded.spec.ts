import { describe, expect, test } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { bounded } from './bounded.js';
import { sleep, watch } from './pool.fixture.js';

const expired = (): Error => new RangeError('too long');

describe('bounded', () => {
  test('gives what the work gives, and leaves no timer', async () => {
    const env = new VirtualEnv();
    const outcome = watch(bounded(env.scheduler, 100, () => sleep(env, 50).then(() => 42), expired).promise);
    await env.advance(50);
    expect(outcome.value).toBe(42);
    expect(env.pendingTimers).toBe(0);
  });

  test.each([
    ['throws', () => void JSON.parse('{') as never],
    ['rejects', () => Promise.reject(new SyntaxError('x'))],
  ])('rejects when it %s, and leaves no timer', async (_how, work) => {
    const env = new VirtualEnv();
    const outcome = watch(bounded(env.scheduler, 100, work, expired).promise);
    await env.settle();
    expect((outcome.error as Error).name).toBe('SyntaxError');
    expect(env.pendingTimers).toBe(0);
  });

  test('rejects when the time is over, aborts its signal, and hands over what comes later', async () => {
    const env = new VirtualEnv();
    const late: number[] = [];
    let seen!: AbortSignal;
    const work = (signal: AbortSignal): Promise<number> => {
      seen = signal;
      return sleep(env, 150).then(() => 42);
    };
    const outcome = watch(
      bounded(env.scheduler, 100, work, expired, (value) => void late.push(value)).promise,
    );
    await env.advance(99);
    expect([outcome.state, seen.aborted]).toEqual(['pending', false]);
    await env.advance(1);
    expect(outcome.error).toBeInstanceOf(RangeError);
    expect(seen.reason).toBe(outcome.error);
    expect(late).toEqual([]);
    await env.advance(50);
    expect(late).toEqual([42]);
  });

  test('a failure that comes later is nobody’s', async () => {
    const env = new VirtualEnv();
    const work = (): Promise<never> => sleep(env, 150).then(() => Promise.reject(new Error('late')));
    const outcome = watch(bounded(env.scheduler, 100, work, expired).promise);
    await env.advance(200);
    expect(outcome.error).toBeInstanceOf(RangeError);
  });

  test('an abort ends it at once, only once', async () => {
    const env = new VirtualEnv();
    const task = bounded(env.scheduler, 100, () => new Promise<never>(() => {}), expired);
    const outcome = watch(task.promise);
    await env.settle();
    task.abort(new TypeError('first'));
    task.abort(new TypeError('second'));
    await env.advance(200);
    expect((outcome.error as Error).message).toBe('first');
    expect(env.pendingTimers).toBe(0);
  });

  test('work that is aborted before it began is not begun', async () => {
    const env = new VirtualEnv();
    let begun = false;
    const late: unknown[] = [];
    const task = bounded(
      env.scheduler,
      100,
      () => (begun = true),
      expired,
      (value) => void late.push(value),
    );
    const outcome = watch(task.promise);
    task.abort(new Error('closed'));
    await env.settle();
    expect([begun, outcome.state, late]).toEqual([false, 'rejected', []]);
  });

  test('after a stall the answer that lies in the socket is read first', async () => {
    const env = new VirtualEnv();
    let answer!: (value: number) => void;
    const outcome = watch(
      bounded(env.scheduler, 100, () => new Promise<number>((resolve) => (answer = resolve)), expired)
        .promise,
    );
    await env.settle();
    await env.stall(5_000, () => answer(42));
    expect(outcome.value).toBe(42);
  });
});

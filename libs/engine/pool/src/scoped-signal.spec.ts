import { getEventListeners } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { runWithSignal } from '@nest-pooling/core';
import { PoolCancelledError } from './index.js';
import { makePool, watch } from './pool.fixture.js';

describe('the signal of the scope', () => {
  test('ends a wait, and leaves no listener', async () => {
    const { env, pool } = makePool({ max: 1 });
    const lease = await pool.acquire();
    const gone = new AbortController();
    const [waiting, used] = runWithSignal(gone.signal, () => [
      watch(pool.acquire()),
      watch(pool.use(() => {})),
    ]);
    const other = watch(pool.acquire());
    await env.settle();
    expect(pool.stats().waiting).toBe(3);
    gone.abort(new Error('gone'));
    await env.settle();
    for (const outcome of [waiting, used]) {
      expect(outcome.error).toBeInstanceOf(PoolCancelledError);
      expect((outcome.error as Error).cause).toBe(gone.signal.reason);
    }
    expect(other.state).toBe('pending');
    expect(getEventListeners(gone.signal, 'abort')).toHaveLength(0);
    lease.release();
    await env.settle();
    expect(other.state).toBe('fulfilled');
  });

  test('is heeded besides its own, whichever comes first', async () => {
    const { env, pool } = makePool({ max: 1 });
    await pool.acquire();
    const [own, scope] = [new AbortController(), new AbortController()];
    const [first, second] = runWithSignal(scope.signal, () => [
      watch(pool.acquire({ signal: own.signal })),
      watch(pool.acquire({ signal: new AbortController().signal })),
    ]);
    await env.settle();
    own.abort(new Error('own'));
    await env.settle();
    expect([first.state, second.state]).toEqual(['rejected', 'pending']);
    scope.abort(new Error('scope'));
    await env.settle();
    expect(second.error).toBeInstanceOf(PoolCancelledError);
  });

  test('that has aborted already: what is idle is lent, nobody waits', async () => {
    const { env, pool } = makePool({ max: 1 });
    (await pool.acquire()).release();
    const signal = AbortSignal.abort(new Error('gone'));
    const lent = watch(runWithSignal(signal, () => pool.acquire()));
    const refused = watch(runWithSignal(signal, () => pool.acquire()));
    await env.settle();
    expect([lent.state, refused.state]).toEqual(['fulfilled', 'rejected']);
    expect(pool.stats().waiting).toBe(0);
  });
});

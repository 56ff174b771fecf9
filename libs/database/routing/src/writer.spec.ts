import { describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { CircuitBreaker } from '@nest-pooling/resilience';
import { PrimaryUnavailableError } from './errors.js';
import { FailoverGate } from './failover-gate.js';
import type { Leadership } from './leadership.js';
import { Writer } from './writer.js';

/** A writer whose primary answers probes, with a breaker that is open. */
function turnedAway(): { env: VirtualEnv; writer: Writer; breaker: CircuitBreaker } {
  const env = new VirtualEnv(3);
  const breaker = new CircuitBreaker({ name: 'shop.primary' }, env);
  while (breaker.state === 'closed') breaker.fail(breaker.tryEnter());
  const health = { succeeded: () => {}, failed: () => {} };
  const leadership = {
    gate: new FailoverGate({ failoverWaitMs: 1_000, maxFailoverWaiters: 10 }, env),
    primary: { id: 'shop.primary', breaker, health, sql: {} },
    doubt: () => Promise.resolve(),
  } as unknown as Leadership;
  return { env, breaker, writer: new Writer('shop', leadership, env, () => {}) };
}

describe('writes that the breaker of the primary does not admit', () => {
  it('wait while others find out whether it works again', async () => {
    const { env, breaker, writer } = turnedAway();
    await env.advance(breaker.retryAfterMs);
    const work = (): Promise<string> =>
      new Promise((resolve) => void env.scheduler.after(60, () => resolve('done')));
    const writes = Array.from({ length: 20 }, () => writer.run(work, undefined));
    expect(await env.until(Promise.all(writes))).toEqual(Array.from({ length: 20 }, () => 'done'));
    expect(env.pendingTimers).toBe(0);
  });

  it('fail in the end, and not later than their own deadline or signal says', async () => {
    const { env, breaker, writer } = turnedAway();
    breaker.forceOpen();
    const work = (): Promise<never> => Promise.reject(new Error('was sent'));
    const controller = new AbortController();
    const fails = [{}, { timeoutMs: 30 }, { signal: controller.signal }].map((options) =>
      writer.run(work, options).then(
        () => undefined,
        (error: unknown) => ({ error, at: env.scheduler.now() }),
      ),
    );
    await env.advance(20);
    controller.abort();
    const [patient, hurried, gone] = await env.until(Promise.all(fails));
    expect(patient!.error).toBeInstanceOf(PrimaryUnavailableError);
    expect(patient!.at).toBeLessThan(2_000);
    expect(hurried).toEqual({ error: expect.any(PrimaryUnavailableError), at: 30 });
    expect(gone!.error).toMatchObject({ code: 'SQL_CANCELLED' });
    expect(gone!.at).toBe(20);
    expect(env.pendingTimers).toBe(0);
  });
});

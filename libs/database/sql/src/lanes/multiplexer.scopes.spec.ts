import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { deadlineKey, runInContext } from '@nest-pooling/core';
import { SqlTimeoutError } from '../errors.js';
import { LOST, READ_ONLY } from './hand-driver.fixture.js';
import { answerAll, end, handPool, outcomeOf } from './pipelined.fixture.js';

describe('Multiplexer: whose deadline it is', () => {
  it('the deadline of the scope in which a pipe is opened is not that of everybody who waits for it', async () => {
    const made = await handPool({ max: 1, acquireTimeoutMs: 1_000 });
    const { env, pool } = made;
    const busy = outcomeOf(pool.query('write a'));
    const hurried = runInContext(deadlineKey, env.scheduler.now() + 20, () => outcomeOf(pool.query('r 1')));
    const patient = outcomeOf(pool.query('r 2'));
    await env.advance(100);
    expect([hurried.state, patient.state]).toEqual(['rejected', 'pending']);
    await answerAll(made);
    expect([busy.state, patient.state]).toEqual(['fulfilled', 'fulfilled']);
    await end(made);
  });

  it('nor that of the read whose refusal sends everybody to the pool', async () => {
    const made = await handPool({ max: 1, maxWaiters: 3, acquireTimeoutMs: 1_000 });
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('write a'));
    for (const session of driver.sessions) session.share = () => Promise.reject(LOST);
    const hurried = runInContext(deadlineKey, env.scheduler.now() + 20, () => outcomeOf(pool.query('r 1')));
    const patient = outcomeOf(pool.query('r 2'));
    await env.advance(60);
    await answerAll(made);
    expect([hurried.state, patient.state]).toEqual(['rejected', 'fulfilled']);
    await end(made);
  });

  it('a read that runs again alone is ended once, and leaves no listener', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    const { signal } = new AbortController();
    void outcomeOf(pool.query('r 0'));
    const told = pool.query('sneaky', [], { timeoutMs: 100, signal }).catch((error: unknown) => ({
      error,
      listeners: getEventListeners(signal, 'abort').length,
    }));
    await env.advance(0.5);
    driver.pipes[0]!.fail(READ_ONLY);
    await env.advance(99.5);
    expect(await told).toMatchObject({ error: expect.any(SqlTimeoutError), listeners: 0 });
    await answerAll(made);
    await end(made);
  });
});

import { describe, expect, it } from '@jest/globals';
import { answerAll, end, handPool, outcomeOf, reads } from './pipelined.fixture.js';

/** A pool of one session, which is just being shared when it is suspended. */
async function suspendedWhileOpening() {
  const made = await handPool({ min: 1, max: 1 });
  const { driver, env, pool } = made;
  let shared!: () => void;
  for (const session of driver.sessions) {
    session.share = () => {
      session.shared = true;
      return new Promise((resolve) => (shared = resolve));
    };
  }
  const first = outcomeOf(pool.query('r 0'));
  const waiting = outcomeOf(pool.query('r 1'));
  await env.settle();
  await answerAll(made);
  expect([first.state, waiting.state]).toEqual(['fulfilled', 'pending']);
  pool.suspend();
  shared();
  await env.settle();
  expect(driver.pipes[0]!.texts).toEqual([]);
  return { made, waiting };
}

describe('Multiplexer: held back', () => {
  it('while its pipe is being opened: who waits is served after resume', async () => {
    const { made, waiting } = await suspendedWhileOpening();
    made.pool.resume();
    await answerAll(made);
    expect(waiting.state).toBe('fulfilled');
    await end(made);
  });

  it('and drained: who waits is served', async () => {
    const { made, waiting } = await suspendedWhileOpening();
    const drained = made.pool.drain();
    await answerAll(made);
    await made.env.until(drained);
    expect(waiting.state).toBe('fulfilled');
    expect(made.env.pendingTimers).toBe(0);
  });

  it('behind a pipe that leaves, and drained: who waits is served', async () => {
    const made = await handPool({ min: 1, max: 2 });
    const running = await reads(made, 3);
    made.pool.suspend();
    const waiting = await reads(made, 3);
    const drained = made.pool.drain();
    await made.env.settle();
    await answerAll(made);
    await made.env.until(drained);
    expect([...running, ...waiting].map(({ state }) => state)).toEqual(Array(6).fill('fulfilled'));
    expect(made.env.pendingTimers).toBe(0);
  });

  it('and closed: who waits is told', async () => {
    const { made, waiting } = await suspendedWhileOpening();
    await end(made);
    expect(waiting.error).toMatchObject({ code: 'POOL_CLOSED' });
  });
});

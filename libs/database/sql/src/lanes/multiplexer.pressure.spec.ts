import { describe, expect, it } from '@jest/globals';
import { CANCELLED } from './hand-driver.fixture.js';
import { answerAll, end, handPool, outcomeOf, reads, type Made } from './pipelined.fixture.js';

/** Reads come and are answered all the time, for so long. */
async function flood({ env, pool, driver }: Made, ms: number): Promise<void> {
  for (let n = 0; n < ms; n++) {
    for (let more = 0; more < 12; more++) void outcomeOf(pool.query(`r ${n}.${more}`));
    await env.advance(1);
    for (const session of driver.pipes) session.answer(Math.min(6, session.sent.length));
    await env.settle();
  }
}

describe('Multiplexer: who waits beside it', () => {
  it('is served, also if nobody else comes and the last pipe was just being opened', async () => {
    const made = await handPool({ min: 2, max: 2 });
    const { driver, pool } = made;
    const ready: (() => void)[] = [];
    for (const session of driver.sessions) {
      session.share = () => {
        session.shared = true;
        return new Promise((resolve) => ready.push(resolve));
      };
    }
    // The first two have a session each: nobody knows yet how long they take.
    await reads(made, 3);
    await answerAll(made);
    ready.shift()!();
    await answerAll(made);
    await reads(made, 12);
    expect(ready).toHaveLength(1);
    // Both sessions are taken, one of them is not shared yet.
    const write = outcomeOf(pool.query('write a'));
    ready.shift()!();
    await flood(made, 100);
    expect(driver.sessions.flatMap(({ texts }) => texts)).toContain('write a');
    await answerAll(made);
    expect(write.state).toBe('fulfilled');
    await end(made);
  });

  it.each([0, 1])(
    'is served although the pipe that was given back for its sake is held up (%s)',
    async (which) => {
      const made = await handPool({ min: 2, max: 2 });
      const { driver, env, pool } = made;
      await reads(made, 20);
      await answerAll(made);
      await reads(made, 12);
      const stuck = driver.pipes[which]!;
      const write = outcomeOf(pool.query('write a'));
      await env.advance(25);
      for (let n = 0; n < 600; n++) {
        void outcomeOf(pool.query(`r ${n}`));
        await env.advance(1);
        for (const session of driver.sessions)
          if (session !== stuck && session.sent.length > 0) session.answer();
        await env.settle();
      }
      expect(write.state).toBe('fulfilled');
      stuck.lose();
      await answerAll(made);
      await end(made);
    },
  );

  it.each([0, 1])(
    'is served although a cancel does not get through to one of the pipes (%s)',
    async (which) => {
      const made = await handPool({ min: 2, max: 2 });
      const { driver, env, pool } = made;
      await reads(made, 20);
      await answerAll(made);
      const stuck = driver.pipes[which]!;
      // Two that are given up, one on each; what was to be ended ends by itself.
      for (let n = 0; n < 2; n++) void outcomeOf(pool.query(`r late ${n}`, [], { timeoutMs: 5 }));
      await env.advance(6);
      for (const pipe of driver.pipes) pipe.answer();
      for (const pipe of driver.pipes) if (pipe !== stuck) pipe.cancels[0]!.done();
      await answerAll(made);
      const write = outcomeOf(pool.query('write a'));
      await env.advance(100);
      expect(driver.sessions.flatMap(({ texts }) => texts)).toContain('write a');
      stuck.cancels[0]!.done();
      await answerAll(made);
      expect(write.state).toBe('fulfilled');
      await end(made);
    },
  );

  it('is served although no cancel gets through to any of the pipes', async () => {
    const made = await handPool({ min: 2, max: 2 });
    const { driver, env, pool } = made;
    await reads(made, 20);
    await answerAll(made);
    for (let n = 0; n < 2; n++) void outcomeOf(pool.query(`r late ${n}`, [], { timeoutMs: 5 }));
    await env.advance(6);
    const stuck = [...driver.pipes];
    for (const pipe of stuck) pipe.answer();
    expect(stuck.map(({ cancels }) => cancels.length)).toEqual([1, 1]);
    const write = outcomeOf(pool.query('write a'));
    const read = outcomeOf(pool.query('r next'));
    await env.advance(300);
    await answerAll(made);
    expect([write.state, read.state]).toEqual(['fulfilled', 'fulfilled']);
    for (const { cancels } of stuck) cancels[0]!.failed(new Error('unreachable'));
    await end(made);
  });

  it('is served in good time where less patience is usual', async () => {
    const made = await handPool({ min: 1, max: 1, acquireTimeoutMs: 80 });
    const { driver, pool } = made;
    await reads(made, 3);
    await answerAll(made);
    const write = outcomeOf(pool.query('write a'));
    await flood(made, 60);
    expect(driver.sessions.flatMap(({ texts }) => texts)).toContain('write a');
    await answerAll(made);
    expect(write.state).toBe('fulfilled');
    await end(made);
  });

  it('gives a pipe back before the pool takes it for a leak; reads go on if it is taken all the same', async () => {
    const made = await handPool({ min: 1, max: 1, leak: { reclaimAfterMs: 900 } });
    const { driver, env } = made;
    await reads(made, 3);
    await answerAll(made);
    await flood(made, 600);
    expect(driver.sessions.find(({ resets }) => resets > 0)).toBeDefined();
    await answerAll(made);
    await reads(made, 3);
    await answerAll(made);
    // It hangs, and is taken away.
    const stuck = driver.pipes[0]!;
    const held = await reads(made, 2);
    await env.advance(2_000);
    expect(stuck.state).toBe('broken');
    const more = await reads(made, 2);
    await answerAll(made);
    expect([...held, ...more].every(({ state }) => state === 'fulfilled')).toBe(true);
    await end(made);
  });

  it('one that is hit by the cancels of two neighbours has none the third time', async () => {
    const made = await handPool({ max: 3 });
    const { driver, env, pool } = made;
    await reads(made, 20);
    await answerAll(made);
    // One in each pipe, and the unlucky one behind the first.
    for (const timeoutMs of [1, 3]) void outcomeOf(pool.query('r hurried', [], { timeoutMs }));
    const unlucky = outcomeOf(pool.query('r unlucky'));
    for (let times = 0; times < 2; times++) {
      await env.advance(2);
      const pipe = driver.pipes.find(({ texts }) => texts[1] === 'r unlucky')!;
      // The first one ends before its cancel arrives, which then hits the next one.
      pipe.answer();
      pipe.fail(CANCELLED);
      pipe.cancels.shift()!.done();
      await env.settle();
      expect(unlucky.state).toBe('pending');
    }
    expect(driver.sessions.find(({ texts }) => texts.includes('r unlucky'))!.shared).toBe(false);
    await answerAll(made);
    expect(unlucky.value?.rows).toEqual(['r unlucky']);
    await end(made);
  });
});

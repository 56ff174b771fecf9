import { describe, expect, it } from '@jest/globals';
import { answerAll, end, handPool, outcomeOf, reads } from './pipelined.fixture.js';

describe('Multiplexer: slow statements', () => {
  it('a head that runs for more than 10 ms keeps new work out of its pipe; its kind runs alone from then on', async () => {
    const made = await handPool({ max: 6 });
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('r 0'));
    void outcomeOf(pool.query('slow 1'));
    await env.settle();
    const [first] = driver.pipes;
    expect(first!.texts).toEqual(['slow 1']);
    await env.advance(20);
    const next = outcomeOf(pool.query('r 2'));
    const alike = outcomeOf(pool.query('slow 3'));
    await env.settle();
    expect(first!.texts).toEqual(['slow 1']);
    expect(driver.pipes[1]!.texts).toEqual(['r 2']);
    await answerAll(made);
    expect(next.value?.lane).toBe('read');
    expect(alike.value?.lane).toBe('write');
    await end(made);
  });

  it('what nobody has seen before runs alone as long as a session is free', async () => {
    const made = await handPool({ min: 3, max: 3 });
    const { driver, pool } = made;
    for (const name of ['a', 'b', 'c', 'd']) void outcomeOf(pool.query(`new ${name}`));
    await made.env.settle();
    const sent = driver.sessions.flatMap(({ texts }) => (texts.length > 0 ? [texts.join()] : []));
    expect(sent.toSorted()).toEqual(['new a', 'new b', 'new c']);
    await answerAll(made);
    await end(made);
  });

  it('a stall of our own loop makes nobody slow', async () => {
    const made = await handPool();
    const { driver, env } = made;
    await reads(made, 3);
    await env.stall(500, () => driver.pipes[0]!.answer());
    await answerAll(made);
    const more = await reads(made, 3);
    expect(driver.pipes[0]!.texts).toHaveLength(3);
    await answerAll(made);
    expect(more.every((one) => one.value?.lane === 'read')).toBe(true);
    await end(made);
  });

  it('what is not quite fast runs alone as long as a session is free', async () => {
    const made = await handPool({ min: 4, max: 4 });
    const { driver, env } = made;
    for (let n = 0; n < 12; n++) {
      await reads(made, 2);
      await env.advance(3);
      await answerAll(made);
    }
    await env.settle();
    const before = driver.pipes[0]!.sent.length;
    await reads(made, 2);
    expect(driver.pipes[0]!.sent.length - before).toBe(0);
    await answerAll(made);
    await end(made);
  });
});

import { describe, expect, it } from '@jest/globals';
import { answerAll, end, handPool, outcomeOf, reads } from './pipelined.fixture.js';

describe('Multiplexer: sharing', () => {
  it('a lone caller has a session of its own, several share one; each gets its own answer', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    const alone = outcomeOf(pool.query('r alone'));
    await env.settle();
    expect(driver.pipes).toEqual([]);
    await answerAll(made);
    expect(alone.value).toMatchObject({ rows: ['r alone'], lane: 'write' });
    const many = await reads(made, 4);
    expect(driver.pipes[0]!.texts).toEqual(['r 1', 'r 2', 'r 3']);
    await answerAll(made);
    expect(many.map((one) => one.value?.rows)).toEqual([['r 0'], ['r 1'], ['r 2'], ['r 3']]);
    expect(many[1]!.value).toMatchObject({ lane: 'read', node: 'shop.primary', rowCount: 1 });
    await end(made);
  });

  it('keeps 16 on the wire of each of two sessions and the rest in one queue, first come first served', async () => {
    const made = await handPool();
    const { driver } = made;
    const many = await reads(made, 50);
    expect(driver.pipes.map((session) => session.sent.length)).toEqual([16, 16]);
    driver.pipes[1]!.answer();
    await made.env.settle();
    expect(driver.pipes[1]!.texts.at(-1)).toBe('r 33');
    expect(made.pool.report().nodes['shop.primary']).toMatchObject({ inUse: 3, waiting: 16 });
    await answerAll(made);
    expect(many.every((one) => one.state === 'fulfilled')).toBe(true);
    await end(made);
  });

  it('only reads: writes, what pins and what asks for it run alone; so does everything where it is switched off', async () => {
    const made = await handPool({ max: 8 });
    const { driver, env, pool } = made;
    await reads(made, 3);
    const others = ['write a', 'pin a'].map((text) => outcomeOf(pool.query(text)));
    others.push(outcomeOf(pool.query('r own', [], { multiplex: false })));
    await env.settle();
    expect(driver.pipes.flatMap(({ texts }) => texts)).toEqual(['r 1', 'r 2']);
    await answerAll(made);
    expect(others.map((one) => one.value?.lane)).toEqual(['write', 'write', 'write']);
    await end(made);
    const off = await handPool({}, { multiplex: false });
    await reads(off, 3);
    expect(off.driver.pipes).toEqual([]);
    await answerAll(off);
    await end(off);
  });

  it('gives its sessions back, reset, when nobody has read for a second', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    await reads(made, 3);
    await answerAll(made);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 1 });
    const [pipe] = driver.pipes;
    await env.advance(1_100);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 0 });
    expect(pipe!.resets).toBe(1);
    await end(made);
  });

  it('takes another session after 30 s, so that the rules of the pool apply to the first', async () => {
    const made = await handPool();
    const { driver, env } = made;
    await reads(made, 3);
    const [pipe] = driver.pipes;
    for (let second = 0; second < 32; second++) {
      await env.advance(999);
      await answerAll(made);
      await reads(made, 3);
    }
    await answerAll(made);
    expect(pipe!.resets).toBeGreaterThan(0);
    await end(made);
  });
});

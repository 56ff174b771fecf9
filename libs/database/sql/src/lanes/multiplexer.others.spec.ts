import { describe, expect, it } from '@jest/globals';
import { PoolClosedError } from '@nest-pooling/pool';
import { answerAll, end, handPool, outcomeOf, reads } from './pipelined.fixture.js';

describe('Multiplexer: with others', () => {
  it('gives a session to those who wait for one, and gets its turn again', async () => {
    const made = await handPool({ min: 1, max: 1 });
    const { env, pool, driver } = made;
    await reads(made, 3);
    await answerAll(made);
    const order: string[] = [];
    const flood = (async () => {
      for (let n = 0; n < 1_000; n++) {
        await pool.query(`r ${n}`);
        if (n % 100 === 0) order.push('reads');
      }
    })();
    const both = Promise.all([flood, ...Array.from({ length: 10 }, (_, n) => pool.query(`r x${n}`))]);
    const write = outcomeOf(pool.query('write 1').finally(() => order.push('write')));
    let settled = false;
    void both.then(() => (settled = true));
    for (let n = 0; n < 10_000 && !(settled && write.state !== 'pending'); n++) {
      await env.advance(1);
      for (const session of driver.sessions) if (session.sent.length > 0) session.answer();
    }
    expect(write.state).toBe('fulfilled');
    expect(settled).toBe(true);
    expect(order.indexOf('write')).toBeLessThan(order.lastIndexOf('reads'));
    await end(made);
  });

  it('suspend holds reads back, resume lets them go', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    await reads(made, 3);
    await answerAll(made);
    pool.suspend();
    const held = await reads(made, 3);
    await env.advance(1_000);
    expect(driver.sessions.every(({ sent }) => sent.length === 0)).toBe(true);
    pool.resume();
    await env.settle();
    await answerAll(made);
    expect(held.every((one) => one.state === 'fulfilled')).toBe(true);
    await end(made);
  });

  it('evict replaces shared sessions too', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    await reads(made, 3);
    await answerAll(made);
    const old = driver.pipes;
    pool.evict('rotated');
    await env.advance(1_000);
    expect(old.every(({ state }) => state === 'broken')).toBe(true);
    await end(made);
  });

  it('drain serves those who wait, close refuses them; nothing is left of either', async () => {
    const made = await handPool({ max: 2 });
    const many = await reads(made, 40);
    const drained = made.pool.drain();
    await made.env.settle();
    const late = outcomeOf(made.pool.query('r late'));
    await made.env.settle();
    expect(late.error).toBeInstanceOf(PoolClosedError);
    await answerAll(made);
    await made.env.until(drained);
    expect(many.every((one) => one.state === 'fulfilled')).toBe(true);
    expect(made.env.pendingTimers).toBe(0);

    const other = await handPool({ max: 2 });
    const some = await reads(other, 40);
    const closed = other.pool.close();
    await other.env.settle();
    expect(some.filter((one) => one.error instanceof PoolClosedError).length).toBeGreaterThan(0);
    await answerAll(other);
    await other.env.until(closed);
    expect(some.some((one) => one.state === 'pending')).toBe(false);
    expect(other.env.pendingTimers).toBe(0);
  });

  it('drain serves those too who were held back by suspend', async () => {
    const made = await handPool({ max: 2 });
    await reads(made, 3);
    await answerAll(made);
    // Somebody else is busy, so that sharing would pay.
    void outcomeOf(made.pool.query('write a'));
    made.pool.suspend();
    const held = await reads(made, 5);
    const drained = made.pool.drain();
    await answerAll(made);
    await made.env.until(drained);
    expect(held.every((one) => one.state === 'fulfilled')).toBe(true);
    expect(made.env.pendingTimers).toBe(0);
  });

  it('least-loaded sees reads, not the sessions that they share', async () => {
    const made = await handPool();
    await reads(made, 40);
    const node = made.pool.report().nodes['shop.primary']!;
    expect(node.inUse).toBeLessThanOrEqual(3);
    await answerAll(made);
    await end(made);
  });
});

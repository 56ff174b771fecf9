import { describe, expect, it } from '@jest/globals';
import { PoolQueueFullError, PoolTimeoutError } from '@nest-pooling/pool';
import { SqlCancelledError, SqlTimeoutError } from '../errors.js';
import { CANCELLED } from './hand-driver.fixture.js';
import { answerAll, end, handPool, outcomeOf, reads } from './pipelined.fixture.js';

describe('Multiplexer: giving up', () => {
  it('a timeout settles the caller at once; a cancel is sent only while its statement is the one that runs', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    await reads(made, 3);
    const late = outcomeOf(pool.query('r late', [], { timeoutMs: 50 }));
    await env.advance(60);
    expect(late.error).toBeInstanceOf(SqlTimeoutError);
    const [pipe] = driver.pipes;
    expect(pipe!.cancels).toHaveLength(0);
    pipe!.answer(2);
    await env.settle();
    expect(pipe!.cancels).toHaveLength(1);
    await end(made);
  });

  it('nobody is sent where a cancel may still hit, and a neighbour whom it hit runs once more', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('r 0'));
    const head = outcomeOf(pool.query('r 1', [], { timeoutMs: 5 }));
    const neighbour = outcomeOf(pool.query('r 2'));
    await env.advance(6);
    expect(head.error).toBeInstanceOf(SqlTimeoutError);
    const [pipe] = driver.pipes;
    expect(pipe!.cancels).toHaveLength(1);
    const elsewhere = outcomeOf(pool.query('r 3'));
    await env.settle();
    expect(pipe!.texts).toEqual(['r 1', 'r 2']);
    // The one it was meant for has just ended.
    pipe!.answer();
    pipe!.fail(CANCELLED);
    await env.settle();
    expect(neighbour.state).toBe('pending');
    pipe!.cancels[0]!.done();
    await env.settle();
    expect(pipe!.texts[0]).toBe('SELECT 1');
    pipe!.fail(CANCELLED);
    await answerAll(made);
    expect(neighbour.value?.rows).toEqual(['r 2']);
    expect(elsewhere.value?.rows).toEqual(['r 3']);
    await end(made);
  });

  it('a cancel that cannot be delivered costs the session, not the neighbours', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('r 0'));
    void outcomeOf(pool.query('r 1', [], { timeoutMs: 5 }));
    const neighbour = outcomeOf(pool.query('r 2'));
    await env.advance(6);
    const [pipe] = driver.pipes;
    pipe!.cancels[0]!.failed(new Error('unreachable'));
    await env.settle();
    expect(pipe!.state).toBe('broken');
    await answerAll(made);
    expect(neighbour.value?.rows).toEqual(['r 2']);
    await end(made);
  });

  it('a session that does not become quiet after a cancel is given up', async () => {
    const made = await handPool({}, { queryTimeoutMs: 1_000 });
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('r 0'));
    void outcomeOf(pool.query('r 1', [], { timeoutMs: 5 }));
    await env.advance(6);
    const [pipe] = driver.pipes;
    pipe!.answer();
    pipe!.cancels[0]!.done();
    await env.settle();
    expect(pipe!.texts).toEqual(['SELECT 1']);
    await env.advance(3_000);
    expect(pipe!.state).toBe('broken');
    await answerAll(made);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ inUse: 0 });
    await end(made);
  });

  it('of two given up one behind the other the second is ended as soon as it runs', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('r 0'));
    void outcomeOf(pool.query('r 1', [], { timeoutMs: 5 }));
    void outcomeOf(pool.query('r 2', [], { timeoutMs: 5 }));
    const neighbour = outcomeOf(pool.query('r 3'));
    await env.advance(6);
    const [pipe] = driver.pipes;
    pipe!.cancels[0]!.done();
    await env.settle();
    expect(pipe!.texts).toEqual(['r 1', 'r 2', 'r 3', 'SELECT 1']);
    pipe!.fail(CANCELLED);
    await env.settle();
    expect(pipe!.cancels).toHaveLength(2);
    pipe!.cancels[1]!.done();
    await env.settle();
    pipe!.fail(CANCELLED);
    await answerAll(made);
    expect(neighbour.value?.rows).toEqual(['r 3']);
    expect(pipe!.cancels).toHaveLength(2);
    await end(made);
  });

  it('a cancel without effect is sent again; what cannot be ended costs the session, not the neighbours', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('r 0'));
    void outcomeOf(pool.query('r 1', [], { timeoutMs: 5 }));
    const neighbour = outcomeOf(pool.query('r 2'));
    await env.advance(6);
    const [pipe] = driver.pipes;
    pipe!.cancels[0]!.done();
    await env.advance(300);
    expect(pipe!.cancels).toHaveLength(2);
    for (let n = 1; pipe!.state === 'idle' && n < 20; n++) {
      pipe!.cancels[n]?.done();
      await env.advance(200);
    }
    expect(pipe!.state).toBe('broken');
    await answerAll(made);
    expect(neighbour.value?.rows).toEqual(['r 2']);
    await end(made);
  });

  it('an abort is a cancellation; who waits leaves the queue; no listener stays', async () => {
    const made = await handPool({ max: 2 });
    const { driver, env, pool } = made;
    await reads(made, 40);
    const controller = new AbortController();
    const waiting = outcomeOf(pool.query('r waiting', [], { signal: controller.signal }));
    controller.abort(new Error('gone'));
    await env.settle();
    expect(waiting.error).toMatchObject({ code: 'POOL_CANCELLED' });
    const other = new AbortController();
    await answerAll(made);
    await reads(made, 2);
    const running = outcomeOf(pool.query('r running', [], { signal: other.signal }));
    await env.settle();
    other.abort(new Error('gone'));
    await env.settle();
    expect(running.error).toBeInstanceOf(SqlCancelledError);
    expect(running.error?.cause).toMatchObject({ message: 'gone' });
    expect(driver.pipes.flatMap(({ texts }) => texts)).toContain('r running');
    const done = outcomeOf(pool.query('r', [], { signal: controller.signal }));
    await env.settle();
    expect(done.error).toMatchObject({ code: 'POOL_CANCELLED' });
    await end(made);
  });

  it.each([
    [2, SqlTimeoutError],
    [60, PoolTimeoutError],
  ])(
    'behind %i others its time begins when it asks, however long the turn of the event loop has been',
    async (count, told) => {
      const made = await handPool({ max: 2 });
      const { env, pool } = made;
      await reads(made, 2);
      const others = Array.from({ length: count }, (_, n) => outcomeOf(pool.query(`r ${n}`)));
      // The timer of those who wait equally long is due when the turn is over.
      const earlier = outcomeOf(pool.query('r earlier', [], { timeoutMs: 100 }));
      env.block(400);
      const late = outcomeOf(pool.query('r late', [], { timeoutMs: 100 }));
      await env.advance(99);
      expect([earlier.state, late.state]).toEqual(['rejected', 'pending']);
      await env.advance(1);
      expect(late.error).toBeInstanceOf(told);
      await answerAll(made);
      expect(others.every((one) => one.state === 'fulfilled')).toBe(true);
      await end(made);
    },
  );

  it('the queue has the limits of the pool: acquireTimeoutMs and maxWaiters, counted by the pool', async () => {
    const made = await handPool({ max: 1, acquireTimeoutMs: 100, maxWaiters: 3 });
    const { env, pool } = made;
    const many = await reads(made, 13);
    const refused = many.filter((one) => one.error instanceof PoolQueueFullError);
    expect(refused.length).toBeGreaterThan(0);
    await env.advance(150);
    expect(many.filter((one) => one.error instanceof PoolTimeoutError).length).toBeGreaterThan(0);
    await answerAll(made);
    expect(many.some((one) => one.state === 'pending')).toBe(false);
    expect(pool.report().nodes['shop.primary']).toMatchObject({ waiting: 0 });
    await end(made);
  });
});

import { describe, expect, it } from '@jest/globals';
import { PoolCreateError, PoolTimeoutError } from '@nest-pooling/pool';
import { SqlConnectionError } from '../errors.js';
import { FaultyError, LOST, READ_ONLY } from './hand-driver.fixture.js';
import { answerAll, end, handPool, outcomeOf, reads } from './pipelined.fixture.js';

describe('Multiplexer: trouble', () => {
  it('a lost connection fails those on its wire, each with an error of its own, and the next go elsewhere', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    const many = await reads(made, 4);
    driver.pipes[0]!.lose();
    await env.settle();
    const errors = many.slice(1).map((one) => one.error);
    expect(errors.every((error) => error instanceof SqlConnectionError)).toBe(true);
    expect(new Set(errors).size).toBe(3);
    const next = outcomeOf(pool.query('r next'));
    await env.settle();
    await answerAll(made);
    expect(next.state).toBe('fulfilled');
    await end(made);
  });

  it('a shared session that is lost while nothing runs is replaced', async () => {
    const made = await handPool();
    const { driver, env } = made;
    await reads(made, 3);
    await answerAll(made);
    const [pipe] = driver.pipes;
    pipe!.state = 'broken';
    pipe!.onLost?.({ ...LOST.fault, cause: LOST });
    await env.settle();
    const more = await reads(made, 3);
    await answerAll(made);
    expect(more.every((one) => one.state === 'fulfilled')).toBe(true);
    await end(made);
  });

  it('a session that is in a transaction all of a sudden is cut, and its neighbours run once more', async () => {
    const made = await handPool();
    const { driver, env } = made;
    const many = await reads(made, 4);
    const [pipe] = driver.pipes;
    pipe!.state = 'in-transaction';
    pipe!.answer();
    await env.settle();
    expect(pipe!.state).toBe('broken');
    await answerAll(made);
    expect(many.map((one) => one.value?.rows)).toEqual([['r 0'], ['r 1'], ['r 2'], ['r 3']]);
    await end(made);
  });

  it('a read that writes runs on a session of its own, and so do those like it from then on', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    void outcomeOf(pool.query('r 0'));
    const sneaky = outcomeOf(pool.query('sneaky 1'));
    await env.settle();
    driver.pipes[0]!.fail(READ_ONLY);
    await env.settle();
    await answerAll(made);
    expect(sneaky.value).toMatchObject({ rows: ['sneaky 1'], lane: 'write' });
    await reads(made, 2);
    const again = outcomeOf(pool.query('sneaky 2'));
    await env.settle();
    expect(driver.pipes.flatMap(({ texts }) => texts)).not.toContain('sneaky 2');
    await answerAll(made);
    expect(again.state).toBe('fulfilled');
    await end(made);
  });

  it('an error of one statement is nobody else’s', async () => {
    const made = await handPool();
    const { driver, env } = made;
    const many = await reads(made, 4);
    driver.pipes[0]!.fail(
      new FaultyError({ category: 'syntax', scope: 'statement', outcome: 'rolled-back' }),
    );
    await env.settle();
    expect(many[1]!.error).toMatchObject({ code: 'SQL_STATEMENT_FAILED' });
    await answerAll(made);
    expect(many[2]!.state).toBe('fulfilled');
    await end(made);
  });

  it('one that cannot even be sent fails alone, whoever is before it', async () => {
    const made = await handPool();
    const { driver, env, pool } = made;
    const many = await reads(made, 3);
    const [pipe] = driver.pipes;
    const { submit } = pipe!;
    pipe!.submit = (_, receiver) => receiver.failed(new Error('bad parameter'));
    const bad = outcomeOf(pool.query('r bad'));
    pipe!.submit = submit;
    const good = outcomeOf(pool.query('r good'));
    await env.settle();
    expect(bad.error).toMatchObject({ code: 'SQL_STATEMENT_FAILED' });
    await answerAll(made);
    expect([...many, good].map((one) => one.state)).toEqual(Array.from({ length: 4 }, () => 'fulfilled'));
    await end(made);
  });

  it('any number of those that cannot be sent, waiting for a place, fail each alone', async () => {
    const made = await handPool({ max: 1, maxWaiters: 100_000 });
    const { driver, env, pool } = made;
    await reads(made, 2);
    await answerAll(made);
    const first = await reads(made, 8);
    const [pipe] = driver.pipes;
    const { submit } = pipe!;
    pipe!.submit = (statement, receiver) => {
      if (statement.text.startsWith('bad')) receiver.failed(new Error('bad parameter'));
      else submit.call(pipe, statement, receiver);
    };
    const many = Array.from({ length: 20_000 }, (_, n) => outcomeOf(pool.query(`bad ${n}`)));
    const last = outcomeOf(pool.query('r last'));
    await env.settle();
    await answerAll(made);
    expect(many.every((one) => one.state === 'rejected')).toBe(true);
    expect([...first, last].every((one) => one.state === 'fulfilled')).toBe(true);
    await end(made);
  });

  it('when no session can be had, each caller gets the reason in an error of its own', async () => {
    const made = await handPool({ max: 3, failFastAfterMs: 10 });
    const { driver, env } = made;
    driver.refuses = LOST;
    const many = await reads(made, 4);
    driver.sessions[0]!.lose();
    await env.advance(12_000);
    const errors = many.slice(1).map((one) => one.error);
    expect(
      errors.every((error) => error instanceof PoolCreateError || error instanceof PoolTimeoutError),
    ).toBe(true);
    expect(new Set(errors).size).toBe(3);
    await end(made);
  });
});

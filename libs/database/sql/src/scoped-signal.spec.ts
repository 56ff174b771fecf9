import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { runWithSignal } from '@nest-pooling/core';
import { SqlCancelledError } from './errors.js';
import { bench, expectWhole, valuesOf } from './model.fixture.js';

describe('the signal of the scope', () => {
  it('cancels a statement on the server, as one of its own does', async () => {
    const made = await bench({ min: 1, max: 1 });
    const { env, pool, fail, server } = made;
    const gone = new AbortController();
    env.scheduler.after(30, () => gone.abort(new Error('gone')));
    const began = env.scheduler.now();
    const failed = await fail(runWithSignal(gone.signal, () => pool.query('sleep 60000')));
    expect(failed).toBeInstanceOf(SqlCancelledError);
    expect(failed.cause).toBe(gone.signal.reason);
    expect(env.scheduler.now() - began).toBeLessThan(60);
    await env.advance(100);
    expect(server.cancels).toBe(1);
    expect(getEventListeners(gone.signal, 'abort')).toHaveLength(0);
    await expectWhole(made);
  });

  it('ends reads that share a session, waiting or not, and no neighbour', async () => {
    const made = await bench({ min: 1, max: 1 });
    const { env, pool, run, fail } = made;
    const gone = new AbortController();
    const neighbours = Promise.all([pool.query('sleep 100'), pool.query('select a'), pool.query('select b')]);
    const failing = fail(
      runWithSignal(gone.signal, () => Promise.all([pool.query('select c'), pool.query('sleep 200')])),
    );
    env.scheduler.after(20, () => gone.abort(new Error('gone')));
    expect(await failing).toMatchObject({ category: 'cancelled' });
    await run(neighbours);
    await env.advance(500);
    expect(getEventListeners(gone.signal, 'abort')).toHaveLength(0);
    await expectWhole(made);
  });

  it('rolls a transaction back, whatever its work is waiting for, but not one that has ended', async () => {
    const made = await bench({ min: 1, max: 1 });
    const { env, pool, run, fail } = made;
    const gone = new AbortController();
    env.scheduler.after(50, () => gone.abort(new Error('gone')));
    await run(runWithSignal(gone.signal, () => pool.transaction((tx) => tx.query('insert a 1'))));
    const failed = await fail(
      runWithSignal(gone.signal, () =>
        pool.transaction(async (tx) => {
          await tx.query('insert b 1');
          await new Promise(() => {});
        }),
      ),
    );
    expect(failed).toBeInstanceOf(SqlCancelledError);
    expect(await valuesOf(made, 'ab')).toEqual(['1', undefined]);
    expect(getEventListeners(gone.signal, 'abort')).toHaveLength(0);
    await expectWhole(made);
  });

  it('ends a stream between its rows', async () => {
    const made = await bench({ min: 1, max: 1 });
    const { pool, fail } = made;
    const gone = new AbortController();
    const reading = runWithSignal(gone.signal, async () => {
      for await (const row of pool.stream('rows 5', [], { batchSize: 2 })) {
        if (row !== undefined) gone.abort(new Error('gone'));
      }
    });
    expect(await fail(reading)).toBeInstanceOf(SqlCancelledError);
    await expectWhole(made);
  });

  it('refuses what comes after it has aborted, and sends nothing', async () => {
    const made = await bench({ min: 1, max: 1 });
    const { pool, fail, server } = made;
    const { statements } = server;
    const signal = AbortSignal.abort(new Error('gone'));
    for (const call of [
      () => pool.query('insert a 1'),
      () => pool.query('select a'),
      () => pool.use((connection) => connection.query('insert a 1')),
      () => pool.transaction((tx) => tx.query('insert a 1')),
    ]) {
      expect(await fail(runWithSignal(signal, call))).toMatchObject({ category: 'cancelled' });
    }
    expect(server.statements).toBe(statements);
    expect(await valuesOf(made, 'a')).toEqual([undefined]);
    await expectWhole(made);
  });
});

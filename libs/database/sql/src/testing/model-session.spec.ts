import { describe, expect, it } from '@jest/globals';
import { server } from './model-server.fixture.js';

describe('a modelled session', () => {
  it('runs what it is given one after the other, each there and back', async () => {
    const { a, ask, after } = await server();
    for (const text of ['insert k 1', 'select k', 'fail syntax', 'select k']) ask(a, text);
    expect(a.inFlight).toBe(4);
    expect(await after(20)).toEqual([
      'insert k 1: ok @5',
      'select k: 1 @6',
      'fail syntax: syntax @7',
      'select k: 1 @8',
    ]);
  });

  it('shows what is written in a transaction to others only when it is committed; a rollback undoes it', async () => {
    const { a, b, ask, after } = await server();
    for (const text of [
      'begin',
      'insert k 1',
      'savepoint s',
      'insert k 2',
      'rollback to savepoint s',
      'select k',
    ]) {
      ask(a, text);
    }
    ask(b, 'select k');
    expect(await after(20)).toEqual(expect.arrayContaining(['select k: 1 @10', 'select k: undefined @5']));
    ask(a, 'rollback');
    ask(b, 'select k');
    expect(await after(20)).toContain('select k: undefined @5');
  });

  it('answers a commit after an error with a rollback, which is none of the server’s errors', async () => {
    const { env, a, ask, after } = await server();
    for (const text of ['begin', 'insert k 1', 'fail constraint', 'insert l 1']) ask(a, text);
    expect(await after(20)).toContain('insert l 1: other @8');
    expect(a.state).toBe('failed');
    await expect(env.until(a.commit())).rejects.toMatchObject({ code: 'rolled-back' });
    ask(a, 'begin');
    ask(a, 'defer');
    await after(20);
    await expect(env.until(a.commit())).rejects.toMatchObject({ code: 'constraint' });
    expect(a.state).toBe('idle');
  });

  it('lets a write wait for the row that another transaction has changed, until that ends or the time is over', async () => {
    const { a, b, ask, after } = await server({ lockTimeoutMs: 100 });
    for (const text of ['begin', 'insert k 1']) ask(a, text);
    await after(20);
    ask(b, 'insert k 2');
    expect(await after(50)).toEqual([]);
    ask(a, 'commit');
    expect(await after(20)).toEqual(['commit: ok @5', 'insert k 2: ok @56']);
    for (const text of ['begin', 'insert k 3']) ask(a, text);
    await after(20);
    ask(b, 'insert k 4');
    expect(await after(200)).toEqual(['insert k 4: timeout @104']);
  });

  it('tells one of two who wait for each other', async () => {
    const { a, b, ask, after } = await server();
    for (const text of ['begin', 'insert k 1']) ask(a, text);
    for (const text of ['begin', 'insert l 1']) ask(b, text);
    await after(20);
    ask(a, 'insert l 2');
    await after(1);
    ask(b, 'insert k 2');
    expect(await after(20)).toEqual(['insert k 2: conflict @4']);
    ask(b, 'rollback');
    expect(await after(20)).toContain('insert l 2: ok @27');
  });

  it('refuses writes when it is shared, until it is reset', async () => {
    const { env, a, ask, after } = await server();
    await env.until(a.share());
    ask(a, 'sneaky k 1');
    expect(await after(20)).toEqual(['sneaky k 1: role @5']);
    ask(a, 'set x');
    await after(20);
    await env.until(a.reset());
    expect([a.shared, a.settings.size]).toEqual([false, 0]);
    ask(a, 'sneaky k 1');
    expect(await after(20)).toEqual(['sneaky k 1: ok @5']);
  });

  it('streams in a transaction of its own, and counts its timers', async () => {
    const { env, cluster, a } = await server();
    const read = async (): Promise<number[]> => {
      const sizes: number[] = [];
      for await (const rows of a.stream({ text: 'rows 5 k' }, 2)) sizes.push(rows.length);
      return sizes;
    };
    expect(await env.until(read())).toEqual([2, 2, 1]);
    expect(a.state).toBe('idle');
    await env.until(a.close());
    expect(cluster.pendingTimers).toBe(env.pendingTimers);
  });
});

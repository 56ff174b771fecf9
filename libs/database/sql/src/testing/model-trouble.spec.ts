import { describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { ModelCluster } from './index.js';
import { server } from './model-server.fixture.js';

describe('a modelled session in trouble', () => {
  it('cancels whatever runs when the cancel arrives: a neighbour, too', async () => {
    const { env, model, a, ask, after } = await server();
    ask(a, 'sleep 4');
    ask(a, 'sleep 50');
    ask(a, 'select k');
    const cancelled = a.cancel();
    expect(await after(30)).toEqual([
      'sleep 4: undefined @8',
      'sleep 50: cancelled @9',
      'select k: undefined @10',
    ]);
    await env.until(cancelled);
    expect(model.cancels).toBe(1);
  });

  it('does nothing while it is frozen, and feels late what was sent meanwhile', async () => {
    const { env, cluster, a, ask, after } = await server();
    ask(a, 'sleep 10');
    cluster.freeze('s');
    const cancelled = a.cancel();
    cancelled.catch(() => {});
    expect(await after(2_500)).toEqual([]);
    await expect(env.until(cancelled)).rejects.toMatchObject({ code: 'unreachable' });
    cluster.restore('s');
    // It has not begun, so there was nothing to hit.
    expect(await after(20)).toEqual([expect.stringContaining('sleep 10: undefined')]);
    ask(a, 'sleep 10');
    await after(5);
    a.freeze();
    void a.cancel();
    expect(await after(100)).toEqual([]);
    a.wake();
    expect(await after(20)).toEqual(['sleep 10: cancelled @107']);
  });

  it('keeps what took effect before it was lost, answered or not, and nothing of an open transaction', async () => {
    const { model, a, b, ask, after } = await server();
    ask(a, 'insert k 1');
    for (const text of ['begin', 'insert l 1']) ask(b, text);
    // Both have taken effect on the server; the answers are on their way, and come before the news of the loss.
    await after(4);
    a.lose('killed');
    b.lose('killed');
    ask(a, 'select k');
    expect(await after(10)).toEqual([
      'insert k 1: ok @5',
      'begin: ok @5',
      'select k: lost @2',
      'insert l 1: ok @6',
    ]);
    expect([...model.data]).toEqual([['k', '1']]);
  });

  it('runs what was sent before it was destroyed, though nobody hears of it', async () => {
    const { model, a, ask, after } = await server();
    ask(a, 'insert k 1');
    a.destroy();
    expect(await after(0)).toEqual(['insert k 1: lost @0']);
    expect([model.sessions.size, model.lingering.size]).toEqual([1, 1]);
    await after(10);
    expect(model.data.get('k')).toBe('1');
    expect(model.lingering.size).toBe(0);
  });

  it('goes wrong as it is told to', async () => {
    const fates = [
      { error: 'resource' },
      { ms: 30 },
      { forgotten: true },
      undefined,
      undefined,
      { loss: 'after' as const },
    ];
    const { model, a, ask, after } = await server({ fates: { execute: () => fates.shift() } });
    for (const text of ['select k', 'select l', 'select m', 'select n']) ask(a, text, text);
    // What was forgotten is sent once more, behind the others.
    expect(await after(50)).toEqual([
      'select k: resource @5',
      'select l: undefined @35',
      'select n: undefined @37',
      'select m: undefined @41',
    ]);
    ask(a, 'select other', 'select k');
    ask(a, 'insert k 1');
    expect(await after(20)).toEqual(['select other: invalid @0', 'insert k 1: lost @5']);
    expect(model.data.get('k')).toBe('1');
  });
});

describe('connecting', () => {
  it('fails as it is told to, and leaves nothing behind when it is given up', async () => {
    const fates = ['refused', 'overload', 'auth', 'hangs'] as const;
    const left = [...fates];
    const env = new VirtualEnv(5);
    const cluster = new ModelCluster(env, { fates: { connect: () => left.shift()! } });
    const target = cluster.add('s', 'primary');
    const codes: unknown[] = [];
    for (const fate of fates) {
      const giveUp = new AbortController();
      const connecting = cluster
        .connect(target, 'write', env, giveUp.signal)
        .catch((error: unknown) => codes.push((error as { code: string }).code));
      await env.advance(100);
      if (fate === 'hangs') giveUp.abort();
      await connecting;
    }
    expect(codes).toEqual(['refused', 'overload', 'auth', 'lost']);
    expect([cluster.server('s').sessions.size, env.pendingTimers]).toEqual([0, 0]);
  });
});

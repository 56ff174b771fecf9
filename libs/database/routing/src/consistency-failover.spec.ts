import { describe, expect, it } from '@jest/globals';
import { SqlTimeoutError } from '@nest-pooling/sql';
import { opened, OWN, seen } from './consistency.fixture.js';
import { shop } from './shop.fixture.js';

const TOKENS = { tokens: { keys: ['a key that is long enough'] } };

/** The history that a token belongs to. */
function historyIn(token: string | undefined): string | undefined {
  return Buffer.from(token!.split('.')[1]!, 'base64url').toString().split('\n')[2];
}

describe('what reads must see, when another server becomes the primary', () => {
  it('tokens and writes of the old history hold in the new one', async () => {
    const made = await opened(TOKENS);
    const { cluster, router, env, run } = made;
    await run(router.query('insert a 1'));
    const token = await run(router.token());
    cluster.kill('shop.primary');
    cluster.promote('shop.replica-1');
    await env.advance(1_000);
    const withToken = (): Promise<{ node: string; rows: readonly object[] }> =>
      run(router.runWithToken(token, () => router.read('select a', [], OWN)));
    // The other replica follows nobody: what it has is not known to be enough.
    expect(await withToken()).toMatchObject({ node: 'shop.replica-1', rows: [{ value: '1' }] });
    cluster.pauseReplay('shop.replica-2');
    cluster.follow('shop.replica-2');
    await run(router.query('insert a 2'));
    await env.advance(1_000);
    expect(await seen(made, OWN)).toEqual(['2', 'shop.replica-1']);
    // What the token stands for is there, paused or not.
    expect((await withToken()).node).toMatch(/replica/);
    cluster.resumeReplay('shop.replica-2');
    await env.advance(1_000);
    expect(await seen(made, OWN)).toEqual(['2', 'shop.replica-2']);
    expect(await withToken()).toMatchObject({ node: 'shop.replica-2', rows: [{ value: '2' }] });
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('a token of a history that we have not seen yet is not served by the primary of the old one', async () => {
    const made = await opened(TOKENS);
    const other = await opened(TOKENS);
    other.cluster.promote('shop.replica-1');
    await other.env.advance(1_000);
    await other.run(other.router.query('insert a 1'));
    const token = await other.run(other.router.token());
    const error = await made.fail(
      made.router.runWithToken(token, () => made.router.read('select a', [], OWN)),
    );
    expect(error).toMatchObject({ code: 'ROUTING_NOT_CAUGHT_UP', category: 'unavailable' });
    expect(error.message).toContain('has not reached');
    await made.run(made.router.close());
    await other.run(other.router.close());
  });

  it('nor by a primary that has not told yet which one is its own; that is asked first', async () => {
    const made = await shop({ routing: { ...TOKENS, catchUpMs: 0 } });
    const other = await opened(TOKENS);
    const older = await other.run(
      (async () => {
        await other.router.query('insert a 1');
        return other.router.token();
      })(),
    );
    other.cluster.promote('shop.replica-1');
    await other.env.advance(1_000);
    await other.run(other.router.query('insert a 2'));
    const newer = await other.run(other.router.token());
    const withToken = (token: string | undefined): Promise<unknown> =>
      made.router.runWithToken(token, () => made.router.read('select a', [], OWN));
    // It was not started: nobody has asked its nodes anything.
    expect(await made.fail(withToken(newer))).toMatchObject({ code: 'ROUTING_NOT_CAUGHT_UP' });
    expect(await made.run(withToken(older))).toMatchObject({ node: 'shop.primary' });
    await made.run(made.router.close());
    await other.run(other.router.close());
    expect(made.env.pendingTimers).toBe(0);
  });

  it('a read whose primary does not tell its history ends with its time', async () => {
    const other = await opened(TOKENS);
    await other.run(other.router.query('insert a 1'));
    const token = await other.run(other.router.token());
    const { router, env, cluster, fail, run } = await shop({ routing: { ...TOKENS, catchUpMs: 0 } });
    cluster.freeze('shop.primary');
    const began = env.scheduler.now();
    const options = { ...OWN, timeoutMs: 30 };
    const failure = await fail(router.runWithToken(token, () => router.read('select a', [], options)));
    expect(failure).toBeInstanceOf(SqlTimeoutError);
    expect(env.scheduler.now() - began).toBe(30);
    await run(router.close());
    await other.run(other.router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('a token of such a history is handed on, whatever is written to the old primary meanwhile', async () => {
    const made = await opened(TOKENS);
    const other = await opened(TOKENS);
    other.cluster.promote('shop.replica-1');
    await other.env.advance(1_000);
    await other.run(other.router.query('insert a 1'));
    const newer = await other.run(other.router.token());
    const older = await made.run(
      made.router.runWithToken(newer, async () => {
        await made.router.query('insert b 1');
        await made.router.query('insert b 2');
        return made.router.token();
      }),
    );
    expect(historyIn(newer)).toBe('2');
    expect(historyIn(older)).toBe('2');
    await made.run(made.router.close());
    await other.run(other.router.close());
  });

  it('an old primary that returns serves nothing that must be fresh', async () => {
    const made = await opened();
    const { cluster, router, env, run } = made;
    cluster.kill('shop.primary');
    cluster.promote('shop.replica-1');
    await env.advance(1_000);
    await run(router.query('insert a 1'));
    cluster.restore('shop.primary');
    await env.advance(5_000);
    for (let at = 0; at < 10; at++) expect((await seen(made, OWN))[1]).not.toBe('shop.primary');
    expect((await seen(made, { maxLagMs: 100 }))[1]).toBe('shop.replica-1');
    await run(router.close());
  });

  it.each([{ consistency: 'strong' }, OWN] as const)(
    'a read that began when there was only the primary does not move to a replica that is behind (%j)',
    async (options) => {
      const made = await shop({ pool: { min: 1, max: 2, acquireTimeoutMs: 60_000 } }, 1);
      const { cluster, router, env, run, fail } = made;
      await run(router.start());
      await run(router.query('insert a 1'));
      await env.advance(1_000);
      expect(await seen(made)).toEqual(['1', 'shop.replica-1']);
      // The old primary takes writes still: it is no replica.
      cluster.promote('shop.replica-1');
      await env.advance(1_000);
      cluster.pauseReplay('shop.primary');
      await run(router.query('insert a 2'));
      // The read waits for a session, while the old primary becomes a replica, which replays nothing.
      const release: (() => void)[] = [];
      const hold = (): Promise<void> => router.use(() => new Promise((resolve) => release.push(resolve)));
      const held = Promise.allSettled([hold(), hold()]);
      await env.advance(10);
      const failure = fail(router.read('select a', [], options));
      cluster.follow('shop.primary');
      await env.advance(20_000);
      expect(await seen(made)).toEqual(['1', 'shop.primary']);
      cluster.kill('shop.replica-1');
      await env.advance(1_000);
      for (const one of release) one();
      await run(held);
      expect((await failure).message).not.toContain('but gave');
      await run(router.close());
    },
  );
});

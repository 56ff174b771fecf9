import { describe, expect, it } from '@jest/globals';
import { SqlTimeoutError } from '@nest-pooling/sql';
import { NoNodeError } from './errors.js';
import { shop, type Shop } from './shop.fixture.js';

/** A read that has failed on its only replica, and waits for a session of the primary; `end` gives one back. */
async function moved(): Promise<Shop & { read: Promise<{ node: string }>; end: () => void }> {
  const made = await shop({ pool: { min: 1, max: 1, acquireTimeoutMs: 60_000 } }, 1);
  const { cluster, router, run, env } = made;
  await run(router.start());
  await env.advance(1_000);
  let end!: () => void;
  const held = router.use(() => new Promise<void>((resolve) => (end = resolve)));
  void held.catch(() => {});
  await env.advance(10);
  cluster.freeze('shop.replica-1');
  const read = router.read('select a', [], { timeoutMs: 60_000 });
  await env.advance(2_000);
  expect(router.nodes()).toMatchObject([{ load: 2 }, { inRotation: false, load: 0 }]);
  return { ...made, read, end };
}

describe('a read that has failed on a node', () => {
  it('is served there when that has become the primary meanwhile', async () => {
    const { cluster, router, run, env, read } = await moved();
    cluster.restore('shop.replica-1');
    cluster.promote('shop.replica-1');
    expect((await run(read)).node).toBe('shop.replica-1');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('is served there when that is back in rotation', async () => {
    const { cluster, router, run, env, read, end } = await moved();
    cluster.restore('shop.replica-1');
    await env.advance(20_000);
    expect(router.nodes()[1]!.inRotation).toBe(true);
    cluster.kill('shop.primary');
    end();
    expect((await run(read)).node).toBe('shop.replica-1');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('is not tried there again when that is as it was, and its error names all', async () => {
    const { cluster, router, run, fail, env, read, end } = await moved();
    const failure = fail(read);
    cluster.kill('shop.primary');
    end();
    await env.advance(1_000);
    expect(await failure).toBeInstanceOf(NoNodeError);
    expect((await failure).message).toContain(
      'failed on shop.replica-1 (SQL_CONNECTION_LOST), shop.primary (POOL_CREATE_FAILED)',
    );
    expect((await failure) as NoNodeError).toMatchObject({ tried: ['shop.replica-1', 'shop.primary'] });
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });
});

/** A router whose replica is gone and whose primary was taken out of rotation for the short patience of others; `read` was under way there. */
async function impatient(): Promise<Shop & { read: Promise<{ node: string }> }> {
  const made = await shop({ routing: { fallback: { share: 1 } } }, 1);
  const { cluster, router, run, env, fail } = made;
  await run(router.start());
  // Only what has run on a replica is known not to write.
  await run(router.read('sleep 400'));
  cluster.freeze('shop.replica-1');
  await env.advance(1_500);
  const read = router.read('sleep 400', [], { timeoutMs: 5_000 });
  for (let n = 0; n < 3; n++) {
    expect(await fail(router.read('sleep 400', [], { timeoutMs: 10 }))).toBeInstanceOf(SqlTimeoutError);
  }
  expect(router.nodes()).toMatchObject([
    { inRotation: false, reason: '3 timeouts in a row' },
    { inRotation: false },
  ]);
  return { ...made, read };
}

describe('a read that was taken away from the primary, since others had no patience with it', () => {
  it('runs there nevertheless, when nobody else answers', async () => {
    const { router, run, env, read } = await impatient();
    expect((await run(read)).node).toBe('shop.primary');
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });
});

describe('a read that comes when every node is out of rotation', () => {
  it('goes to one that answers its probes', async () => {
    const { router, run, env, read } = await impatient();
    void read.catch(() => {});
    await env.advance(300);
    const began = env.scheduler.now();
    expect((await run(router.read('select a'))).node).toBe('shop.primary');
    expect(env.scheduler.now() - began).toBeLessThan(10);
    await run(router.close());
  });
});

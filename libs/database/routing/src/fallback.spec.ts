import { describe, expect, it } from '@jest/globals';
import { OWN } from './consistency.fixture.js';
import { FallbackRefusedError } from './errors.js';
import { shop, type Shop } from './shop.fixture.js';

/** One read at a time on the primary. */
const NARROW = { burst: 0, perSecond: 0, waitMs: 20 };

describe('reads that no replica in rotation can serve', () => {
  it('go to ejected replicas that answer their probes when the primary has no room', async () => {
    const made = await slow();
    const { router, run, cluster } = made;
    const before = cluster.server('shop.primary').statements;
    const all = await run(Promise.all(Array.from({ length: 40 }, () => router.read('select a'))));
    const nodes = new Set(all.map(({ node }) => node));
    expect(nodes).toContain('shop.replica-1');
    expect(nodes).toContain('shop.replica-2');
    expect(cluster.server('shop.primary').statements - before).toBeLessThan(15);
    await run(router.close());
    expect(made.env.pendingTimers).toBe(0);
  });

  it('are refused there instead where that is asked for', async () => {
    const { router, run } = await slow({ panic: false });
    const all = await run(Promise.allSettled(Array.from({ length: 80 }, () => router.read('select a'))));
    const failed = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
    expect(failed.length).toBeGreaterThan(0);
    for (const error of failed) expect(error).toBeInstanceOf(FallbackRefusedError);
    await run(router.close());
  });

  it('move on when such a replica freezes after all', async () => {
    const made = await slow();
    const { router, run, cluster } = made;
    cluster.freeze('shop.replica-1');
    cluster.freeze('shop.replica-2');
    const reads = Array.from({ length: 20 }, () => router.read('select a', [], { timeoutMs: 5_000 }));
    const all = await run(Promise.allSettled(reads));
    // Nobody waits for the frozen for longer than a probe does.
    expect([...new Set(all.map(outcome))]).toEqual(['shop.primary']);
    expect(made.env.scheduler.now()).toBeLessThan(4_000);
    await run(router.close());
    expect(made.env.pendingTimers).toBe(0);
  });

  it('do not go to one that an operator took out', async () => {
    const { router, run } = await started();
    router.takeOut('shop.replica-1', 'a new disk');
    router.takeOut('shop.replica-2', 'a new disk');
    const all = await run(Promise.allSettled(Array.from({ length: 80 }, () => router.read('select a'))));
    expect([...new Set(all.map(outcome))].toSorted()).toEqual(['ROUTING_FALLBACK_REFUSED', 'shop.primary']);
    await run(router.close());
  });

  it('wait for a replica that is a little behind rather than be refused', async () => {
    const made = await started();
    const { router, run, cluster } = made;
    cluster.lag('shop.replica-1', 400);
    cluster.lag('shop.replica-2', 400);
    await run(router.query('insert a 1'));
    const reads = Array.from({ length: 60 }, () => router.read('select a', [], OWN));
    for (const { rows } of await run(Promise.all(reads))) expect(rows).toMatchObject([{ value: '1' }]);
    expect(cluster.server('shop.replica-1').statements).toBeGreaterThan(0);
    await run(router.close());
    expect(made.env.pendingTimers).toBe(0);
  });

  it('take the room that the primary has before the replica is there', async () => {
    const made = await started();
    const { router, run, cluster, env } = made;
    cluster.lag('shop.replica-1', 1_900);
    cluster.lag('shop.replica-2', 1_900);
    await run(router.query('insert a 1'));
    // What runs there takes long enough for the patience of those in line.
    const long = Array.from({ length: 3 }, () => router.read('sleep 150', [], { consistency: 'strong' }));
    const began = env.scheduler.now();
    const reads = Array.from({ length: 60 }, () => router.read('select a', [], OWN));
    const served = await run(Promise.all(reads));
    expect([...new Set(served.map(({ node }) => node))]).toEqual(['shop.primary']);
    expect(env.scheduler.now() - began).toBeLessThan(1_000);
    await run(Promise.all(long));
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });

  it('do not wait beyond their own time', async () => {
    const made = await started();
    const { router, run, cluster, env } = made;
    cluster.lag('shop.replica-1', 1_500);
    cluster.lag('shop.replica-2', 1_500);
    await run(router.query('insert a 1'));
    const began = env.scheduler.now();
    const options = { ...OWN, timeoutMs: 200 };
    await run(Promise.allSettled(Array.from({ length: 90 }, () => router.read('select a', [], options))));
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(220);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });
});

function outcome(one: PromiseSettledResult<{ readonly node: string }>): string {
  return one.status === 'fulfilled' ? one.value.node : (one.reason as FallbackRefusedError).code;
}

async function started(fallback = {}): Promise<Shop> {
  const made = await shop({ routing: { fallback: { ...NARROW, ...fallback } } });
  await made.run(made.router.start());
  return made;
}

/** Both replicas were ejected for timeouts, and have answered a probe since. */
async function slow(fallback = {}): Promise<Shop> {
  const made = await started(fallback);
  const { router, run, env } = made;
  const admitted = (): boolean =>
    router.nodes().some(({ id, inRotation }) => id !== 'shop.primary' && inRotation);
  while (admitted()) await run(router.read('sleep 500', [], { timeoutMs: 20 }).catch(() => undefined));
  await env.advance(350);
  expect(admitted()).toBe(false);
  return made;
}

import { describe, expect, it } from '@jest/globals';
import type { RoutingOptions } from './options.js';
import { shop, type Shop } from './shop.fixture.js';

/** The breakers of both replicas are open, for timeouts. */
async function broken(routing: RoutingOptions): Promise<Shop> {
  const made = await shop({ routing, pool: { min: 12, max: 12 } });
  const { router, run, fail, env } = made;
  await run(router.start());
  await env.advance(1_100);
  const reads = Array.from({ length: 24 }, () => fail(router.read('sleep 9000', [], { timeoutMs: 100 })));
  await run(Promise.all(reads));
  expect(breakers(made)).toEqual(['closed', 'open', 'open']);
  return made;
}

function breakers({ router }: Shop): readonly string[] {
  return router.nodes().map(({ breaker }) => breaker);
}

describe('what was decided about a node by its failures', () => {
  it('is forgotten when it is back in rotation, with a slow start or without', async () => {
    for (const slowStartMs of [0, 5_000]) {
      const made = await broken({ health: { slowStartMs } });
      const { router, env, run, spread, cluster } = made;
      for (let ms = 0; !router.nodes().every(({ inRotation }) => inRotation); ms += 10) {
        expect(ms).toBeLessThan(60_000);
        await env.advance(10);
      }
      expect(breakers(made)).toEqual(['closed', 'closed', 'closed']);
      expect(Object.keys(await spread(10))).not.toContain('shop.primary');
      await run(router.close());
      expect(env.pendingTimers).toBe(cluster.pendingTimers);
    }
  });

  it('is forgotten when it becomes the primary: writes need not find out first', async () => {
    const made = await broken({});
    const { router, env, run, cluster } = made;
    // The old one answers all the time, so that the gate never closes.
    cluster.promote('shop.replica-1');
    while (!router.nodes()[1]!.takesWrites) await env.advance(10);
    expect(breakers(made)[1]).toBe('closed');
    const { node } = await run(router.query('insert a 1', [], { timeoutMs: 2_000 }));
    expect(node).toBe('shop.replica-1');
    await run(router.close());
    expect(env.pendingTimers).toBe(cluster.pendingTimers);
  });
});

import { describe, expect, it } from '@jest/globals';
import { started } from './failover.fixture.js';
import { fleet, says } from './topology.fixture.js';

describe('an answer that comes late', () => {
  it('is asked for again, not believed, when another one has overtaken it that contradicts it', () => {
    const { a, b, c, topology, heard } = fleet();
    topology.observe(a, says('primary'));
    topology.observe(b, says('replica'));
    // Three questions are under way: one is answered late, after the second, and the third after both.
    const asked = topology.changes;
    topology.observe(b, says('primary', 2), asked);
    topology.observe(b, says('replica'), asked);
    expect(topology).toMatchObject({ primary: b, writable: true });
    expect(heard).toEqual(['a -> b in 2', 'out a: old-primary', 'overtaken b']);
    topology.observe(b, says('primary', 2), asked);
    topology.observe(a, says('primary'), asked);
    expect(heard).toHaveLength(3);
    // What was asked later counts.
    topology.observe(b, says('replica', 2));
    expect(topology.primary).toBeUndefined();
    topology.observe(b, says('primary', 2), asked);
    expect(topology.primary).toBeUndefined();
    topology.observe(b, says('primary', 2));
    expect(topology.primary).toBe(b);
    topology.observe(b, says('primary', 3));
    topology.observe(b, says('primary', 2), asked);
    expect(topology).toMatchObject({ primary: b, timeline: 3 });
    expect(heard.slice(3)).toEqual([
      'lost b',
      'overtaken b',
      'nobody -> b in 3',
      'b -> b in 4',
      'overtaken b',
    ]);
    // A higher timeline is never older.
    topology.observe(c, says('replica', 3));
    topology.observe(c, says('primary', 4), asked);
    expect(topology.primary).toBe(c);
  });

  it('does not undo the promotion that happened after it was given', async () => {
    const { env, cluster, router, run, heard } = await started({ routing: { probe: { intervalMs: 40 } } });
    await run(router.query('insert a 1'));
    const connect = cluster.connect.bind(cluster);
    const held: (() => void)[] = [];
    // Whoever connects in that lane now has his answer, and does not see it yet.
    cluster.connect = async (target, lane, ...more) => {
      const session = await connect(target, lane, ...more);
      if (target.id === 'shop.replica-1' && lane === 'read') {
        const { identity } = session;
        await new Promise<void>((resolve) => held.push(resolve));
        // It belongs to the present, all but what it said.
        return Object.assign(await connect(target, lane, ...more), { identity });
      }
      return session;
    };
    const reads = Array.from({ length: 6 }, () => router.use(async ({ node }) => node, { access: 'read' }));
    await env.advance(5);
    cluster.kill('shop.primary');
    cluster.promote('shop.replica-1');
    await env.advance(200);
    for (const go of held) go();
    await env.advance(5);
    expect(heard).toEqual([
      'primary shop.replica-1 after shop.primary in 2',
      'alarm shop.primary: old-primary',
    ]);
    expect(router.nodes()[1]).toMatchObject({ takesWrites: true });
    await run(Promise.allSettled(reads));
    await run(router.close());
  });
});

import { OptionsError, runInContext } from '@nest-pooling/core';
import { routeKey } from '@nest-pooling/sql';
import { describe, expect, it } from '@jest/globals';
import { opened, OWN, seen } from './consistency.fixture.js';
import type { ReadOptions } from './ways.js';

describe('what a read must see', () => {
  it('is said by the call, else the scope, else the router', async () => {
    const made = await opened({ consistency: 'strong' });
    const { router, run } = made;
    const within = (options?: ReadOptions): Promise<readonly [unknown, string]> =>
      runInContext(routeKey, { consistency: 'eventual' }, () => seen(made, options));
    expect((await seen(made))[1]).toBe('shop.primary');
    expect((await within())[1]).toMatch(/replica/);
    expect((await within({ consistency: 'strong' }))[1]).toBe('shop.primary');
    await run(router.close());
  });

  it('a scope sends all to the primary, or lets sessions have a replica; it makes no read of a write', async () => {
    const made = await opened();
    const { router, run } = made;
    const nodes = (access: 'read' | 'write'): Promise<string[]> =>
      runInContext(routeKey, { access }, () =>
        run(
          Promise.all([
            router.query('select a').then(({ node }) => node),
            router.query('insert a 1').then(({ node }) => node),
            router.use(async ({ node }) => node),
          ]),
        ),
      );
    expect(await nodes('write')).toEqual(['shop.primary', 'shop.primary', 'shop.primary']);
    const replica: unknown = expect.stringMatching(/replica/);
    expect(await nodes('read')).toEqual([replica, 'shop.primary', replica]);
    await run(router.close());
  });

  it('is refused when it means nothing', async () => {
    const { router, run, fail } = await opened();
    for (const options of [{ consistency: 'bounded' }, { maxLagMs: -1 }, { consistency: 'stronger' }]) {
      expect(await fail(router.read('select a', [], options as ReadOptions))).toBeInstanceOf(OptionsError);
    }
    await run(router.close());
  });

  it('is explained node by node', async () => {
    const made = await opened({ tokens: { keys: ['0123456789abcdef'] } });
    const { cluster, router, env, run } = made;
    await run(router.query('insert a 1'));
    await env.advance(1_000);
    cluster.pauseReplay('shop.replica-1');
    await run(router.query('insert a 2'));
    await env.advance(3_000);
    const why = (options: ReadOptions): readonly string[] =>
      router.explain('select a', options).nodes.map((node) => `${node.candidate} ${node.why}`);
    expect(why({})[1]).toBe('true in rotation (in)');
    expect(why(OWN)[1]).toMatch(/^false at 1: has not reached 2$/);
    expect(why({ maxLagMs: 1_000 })[1]).toMatch(
      /^false known to be at most \d+ ms behind, the bound is 1000 ms/,
    );
    expect(why(OWN)[2]).toBe('true in rotation (in)');
    expect(why({ consistency: 'strong' })).toEqual([
      'true no replica can serve it',
      'false the read is strong: only the primary will do',
      'false the read is strong: only the primary will do',
    ]);
    await run(router.close());
  });
});

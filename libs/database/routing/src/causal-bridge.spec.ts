import { describe, expect, it } from '@jest/globals';
import { PositionUnknownError, TokensOffError } from './consistency-errors.js';
import { runInCausalScope } from './causal-scope.js';
import type { TokenOptions } from './consistency-options.js';
import { ReadReplicaRouter } from './read-replica-router.js';
import { shop, type Shop } from './shop.fixture.js';

const KEY = 'a key that is long enough';
const OWN = { consistency: 'read-your-writes' } as const;

/** The place in a token. */
function positionIn(token: string | undefined): string {
  return Buffer.from(token!.split('.')[1]!, 'base64url').toString().split('\n')[3]!;
}

/** Two app instances over one cluster. */
async function two(
  more: Partial<TokenOptions> = {},
): Promise<Shop & { other: ReadReplicaRouter; end: () => Promise<void> }> {
  const routing = { tokens: { keys: [KEY], ...more } };
  const made = await shop({ routing });
  const { env, cluster, router, run } = made;
  const [primary, ...replicas] = ['primary', 'replica-1', 'replica-2'].map((id) => ({
    id: `shop.${id}`,
    host: `shop.${id}`,
    port: 1,
    proxied: false,
    credentials: () => Promise.resolve({ user: 'model' }),
  }));
  const other = new ReadReplicaRouter(
    {
      name: 'shop',
      kind: 'model',
      driver: cluster,
      primary: primary!,
      replicas: replicas.map((target) => ({ target })),
      routing,
    },
    env,
  );
  await run(Promise.all([router.start(), other.start()]));
  await env.advance(1_000);
  const end = async (): Promise<void> => {
    await run(Promise.all([router.close(), other.close()]));
    expect(env.pendingTimers).toBe(0);
  };
  return { ...made, other, end };
}

describe('tokens', () => {
  it('let another instance see what was written here', async () => {
    const { cluster, router, other, run, end } = await two();
    cluster.lag('shop.replica-1', 20);
    cluster.lag('shop.replica-2', 400);
    for (let at = 0; at < 20; at++) {
      const token = await run(
        runInCausalScope(async () => {
          await router.query(`insert a ${at}`);
          return router.token();
        }),
      );
      const { rows, node } = await run(other.runWithToken(token, () => other.read('select a', [], OWN)));
      expect([rows[0]!.value, node]).toEqual([String(at), 'shop.replica-1']);
    }
    await end();
  });

  it('go on to the next request, also through instances that write nothing', async () => {
    const { router, other, run, end } = await two();
    expect(await run(runInCausalScope(() => router.token()))).toBeUndefined();
    await run(router.query('insert a 1'));
    const first = await run(router.token());
    const second = await run(other.runWithToken(first, () => other.token()));
    expect(positionIn(second)).toBe(positionIn(first));
    const third = await run(
      other.runWithToken(second, async () => {
        await other.query('insert a 2');
        return other.token();
      }),
    );
    expect(positionIn(third)).not.toBe(positionIn(first));
    await end();
  });

  it('have the primary serve when no replica comes so far', async () => {
    const { cluster, router, other, run, end } = await two();
    for (const id of ['shop.replica-1', 'shop.replica-2']) cluster.pauseReplay(id);
    await run(router.query('insert a 1'));
    const token = await run(router.token());
    const { rows, node } = await run(other.runWithToken(token, () => other.read('select a', [], OWN)));
    expect([rows[0]!.value, node]).toEqual(['1', 'shop.primary']);
    // Eventual reads do not look at it.
    const eventual = await run(other.runWithToken(token, () => other.read('select a')));
    expect(eventual.node).toMatch(/replica/);
    await end();
  });

  it('that are not valid are told, and ignored or answered by the primary', async () => {
    for (const onInvalid of ['ignore', 'primary'] as const) {
      const problems: string[] = [];
      const { router, run, end } = await two({ onInvalid, onRejected: (problem) => problems.push(problem) });
      const read = await run(router.runWithToken('1.abc.def', () => router.read('select a', [], OWN)));
      expect(read.node).toMatch(onInvalid === 'ignore' ? /replica/ : /primary/);
      await run(router.runWithToken('', () => router.read('select a', [], OWN)));
      expect(problems).toEqual(['forged']);
      await end();
    }
  });

  it('cannot be made without a key, nor while nobody knows the position', async () => {
    const { env, cluster, router, fail, end } = await two();
    const writing = fail(router.query('insert a 1'));
    cluster.kill('shop.primary');
    await writing;
    expect(await fail(router.token())).toBeInstanceOf(PositionUnknownError);
    cluster.restore('shop.primary');
    await env.advance(5_000);
    await end();
    const without = await shop();
    expect(await without.fail(without.router.token())).toBeInstanceOf(TokensOffError);
    expect(() => without.router.runWithToken(undefined, () => {})).toThrow(TokensOffError);
    await without.run(without.router.close());
  });
});

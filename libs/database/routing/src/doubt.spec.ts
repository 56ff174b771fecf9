import { describe, expect, it } from '@jest/globals';
import { SqlConnectionError, SqlTimeoutError } from '@nest-pooling/sql';
import { opened, pauseAll } from './consistency.fixture.js';
import { shop } from './shop.fixture.js';

describe('a read that may have written', () => {
  it('is not sent twice, and its caller is told that nobody knows', async () => {
    let sent = 0;
    const { router, run, fail, cluster, env } = await shop({ routing: { fallback: { share: 1 } } }, 2, {
      fates: {
        execute: (_, { text }) => {
          if (!text.startsWith('sneaky')) return undefined;
          sent++;
          return { loss: 'after' };
        },
      },
    });
    await run(router.start());
    cluster.kill('shop.replica-1');
    cluster.kill('shop.replica-2');
    await env.advance(500);
    const error = await fail(router.query('sneaky a 1', [], { timeoutMs: 3_000 }));
    expect(error).toBeInstanceOf(SqlConnectionError);
    expect((error as SqlConnectionError).fault?.outcome).toBe('unknown');
    expect(sent).toBe(1);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });
});

describe('a read that may have written on the primary, and waits on a replica that then becomes it', () => {
  it.each([true, false])('is not sent there (pipelined: %s)', async (pipeline) => {
    let committed = 0;
    const { router, run, fail, cluster, env } = await shop(
      {
        pool: { min: 1, max: 1 },
        routing: { fallback: { share: 1 }, probe: { intervalMs: 50 }, health: { baseEjectionMs: 10 } },
      },
      1,
      {
        pipeline,
        fates: {
          execute: ({ role }, { text }) =>
            text === 'sneaky a 1' && role === 'primary' ? { loss: 'after' } : undefined,
        },
        observer: { committed: () => void committed++ },
      },
    );
    await run(router.start());
    cluster.kill('shop.replica-1');
    await env.advance(300);
    const hidden = fail(router.query('sneaky a 1', [], { timeoutMs: 5_000 }));
    cluster.restore('shop.replica-1');
    cluster.server('shop.replica-1').wayMs = 40;
    await env.advance(10);
    expect(committed).toBe(1);
    // It is connecting to the replica now.
    cluster.promote('shop.replica-1');
    cluster.kill('shop.primary');
    expect(await hidden).toMatchObject({ code: 'SQL_CONNECTION_LOST', fault: { outcome: 'unknown' } });
    await env.advance(1_000);
    expect(router.nodes()[1]!.takesWrites).toBe(true);
    expect(committed).toBe(1);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });
});

describe('a read that waits for a session of a node that becomes the primary meanwhile', () => {
  it('counts as written, since it may have been', async () => {
    const { router, run, cluster, env } = await shop(
      { pool: { min: 1, max: 1 }, routing: { strategy: 'round-robin', probe: { intervalMs: 50 } } },
      1,
    );
    await run(router.start());
    await env.advance(1_000);
    const slow = router.query('sleep 150', [], { access: 'read' });
    await env.advance(5);
    const hidden = router.query('sneaky a 1');
    await env.advance(5);
    cluster.promote('shop.replica-1');
    await env.advance(100);
    expect(router.nodes()[1]!.takesWrites).toBe(true);
    await run(slow);
    expect((await run(hidden)).node).toBe('shop.replica-1');
    cluster.follow('shop.primary');
    cluster.pauseReplay('shop.primary');
    cluster.server('shop.primary').replayed = 0;
    await env.advance(5_000);
    const { rows } = await run(router.read('select a', [], { consistency: 'read-your-writes' }));
    expect(rows).toMatchObject([{ value: '1' }]);
    await run(router.close());
  });
});

describe('a bound', () => {
  it('holds for what was acknowledged just before the primary fell silent', async () => {
    const made = await opened();
    const { router, run, fail, cluster, env } = made;
    await run(router.query('insert a 1'));
    await env.advance(600);
    pauseAll(made);
    await run(router.query('insert a 2'));
    cluster.freeze('shop.primary');
    await env.advance(1_500);
    // The primary alone has it, and does not answer.
    const error = await fail(router.read('select a', [], { consistency: 'bounded', maxLagMs: 100 }));
    expect(error).toBeInstanceOf(SqlConnectionError);
    await run(router.close());
  });

  it('is kept by the last word of a primary that is silent, where nothing came after it', async () => {
    const made = await opened();
    const { router, run, cluster, env } = made;
    await run(router.query('insert a 1'));
    await env.advance(600);
    cluster.freeze('shop.primary');
    await env.advance(1_500);
    const { rows } = await run(router.read('select a', [], { consistency: 'bounded', maxLagMs: 100 }));
    expect(rows).toMatchObject([{ value: '1' }]);
    await run(router.close());
  });
});

describe('a read that waits for a replica', () => {
  it('is over at its deadline, with an error that says so', async () => {
    const made = await opened();
    const { router, run, fail, env } = made;
    pauseAll(made);
    await run(router.query('insert a 1'));
    made.cluster.freeze('shop.primary');
    await env.advance(1_500);
    const began = env.scheduler.now();
    const options = { consistency: 'read-your-writes', timeoutMs: 20 } as const;
    expect(await fail(router.read('select a', [], options))).toBeInstanceOf(SqlTimeoutError);
    expect(env.scheduler.now() - began).toBeLessThanOrEqual(25);
    await run(router.close());
    expect(env.pendingTimers).toBe(0);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { NodeTarget, SqlDriver } from '@nest-pooling/sql';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { ModelCluster } from '@nest-pooling/sql/testing';
import { NameWatch } from './name-watch.js';
import { ReadReplicaRouter } from './read-replica-router.js';

const target = { id: 'shop.primary', host: 'db.internal', port: 5432, proxied: false } as NodeTarget;

describe('the name of a node', () => {
  function watched(answers: readonly (string | undefined | Error)[], to = target) {
    const env = new VirtualEnv();
    const asked: string[] = [];
    const changes: string[] = [];
    const driver = {
      addresses: async ({ host }: NodeTarget) => {
        const answer = answers[Math.min(asked.push(host), answers.length) - 1];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    } as Partial<SqlDriver> as SqlDriver;
    const watch = new NameWatch(driver, to, env, (from, now) => changes.push(`${from} > ${now}`));
    const looks = async (times: number): Promise<void> => {
      for (let at = 0; at < times; at++) {
        watch.look();
        await env.advance(5_000);
      }
    };
    return { env, watch, asked, changes, looks };
  }

  it('is asked about now and then, and a change is told once', async () => {
    const { asked, changes, looks } = watched(['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.2']);
    await looks(6);
    expect(asked).toEqual(Array(6).fill('db.internal'));
    expect(changes).toEqual(['10.0.0.1 > 10.0.0.2']);
  });

  it('is not asked about more often', async () => {
    const { env, watch, asked } = watched(['10.0.0.1']);
    for (let at = 0; at < 40; at++) {
      watch.look();
      await env.advance(250);
    }
    expect(asked).toHaveLength(2);
  });

  it('means nothing when the resolver fails, nor when it never knew', async () => {
    const { changes, looks } = watched([
      new Error('SERVFAIL'),
      '10.0.0.1',
      new Error('SERVFAIL'),
      '10.0.0.1',
    ]);
    await looks(6);
    expect(changes).toEqual([]);
    const address = watched([undefined]);
    await address.looks(3);
    expect(address.changes).toEqual([]);
  });

  it('is not watched behind a proxy', async () => {
    const { asked, looks } = watched(['10.0.0.1', '10.0.0.2'], { ...target, proxied: true });
    await looks(3);
    expect(asked).toEqual([]);
  });

  it('makes the router leave the old server, though it still answers', async () => {
    const env = new VirtualEnv(7);
    const cluster = new ModelCluster(env);
    const primary = cluster.add('shop.primary', 'primary');
    const standby = cluster.add('standby', 'replica');
    const replica = cluster.add('shop.replica-1', 'replica');
    let points = primary;
    const driver: SqlDriver = Object.assign(Object.create(cluster) as ModelCluster, {
      addresses: async ({ id }: NodeTarget) => (id === primary.id ? points.id : undefined),
      connect: (to: NodeTarget, ...rest: [never, never, never]) =>
        cluster.connect(to.id === primary.id ? points : to, ...rest),
    });
    const router = new ReadReplicaRouter(
      {
        name: 'shop',
        kind: 'model',
        driver,
        primary,
        replicas: [{ target: replica }],
        pool: { min: 1, max: 4 },
      },
      env,
    );
    await env.until(router.start());
    await env.until(router.query('insert a 1'));
    const moved = new Promise<number>((resolve) => router.on('primary', ({ epoch }) => resolve(epoch)));
    cluster.promote('standby');
    points = standby;
    expect(await env.until(moved)).toBeGreaterThan(0);
    await env.until(router.query('insert a 2'));
    expect(cluster.server('standby').statements).toBeGreaterThan(0);
    await env.until(router.close());
    expect(env.pendingTimers).toBe(0);
  });
});

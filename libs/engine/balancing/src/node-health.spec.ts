import { describe, expect, test } from '@jest/globals';
import type { Env, Scheduler } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { NodeHealth, type NodeHealthChange, type NodeHealthOptions } from './index.js';

function setUp(options: NodeHealthOptions = { ejectionJitter: 0 }): {
  env: VirtualEnv;
  health: NodeHealth;
  changes: NodeHealthChange[];
  /** Lets time pass with a probe every 250 ms. */
  readonly probes: (ms: number, ok?: boolean) => Promise<void>;
} {
  const env = new VirtualEnv();
  const health = new NodeHealth('orders.replica-1', options, env);
  const changes: NodeHealthChange[] = [];
  health.onChange((change) => changes.push(change));
  const probes = async (ms: number, ok = true): Promise<void> => {
    for (let at = 0; at < ms; at += 250) {
      await env.advance(250);
      health.probed(ok);
    }
  };
  return { env, health, changes, probes };
}

describe('NodeHealth: ejection', () => {
  test('a new node is in rotation with its full share', () => {
    const { health } = setUp();
    expect(health).toMatchObject({ state: 'in', admits: true, factor: 1, ejections: 0, since: 0 });
    expect(health.reason).toBeUndefined();
    expect(health.until).toBeUndefined();
  });

  test('a hard failure ejects at once', () => {
    const { health, changes } = setUp();
    health.failed('hard');
    expect(health).toMatchObject({ state: 'ejected', admits: false, ejections: 1, until: 1_000 });
    const [node, from, to, reason] = ['orders.replica-1', 'in', 'ejected', 'a hard failure'];
    expect(changes).toEqual([{ node, from, to, reason, cause: 'failure', ejections: 1 }]);
  });

  test('a failed probe ejects at once, by either name', () => {
    for (const fail of [
      (health: NodeHealth) => health.probed(false),
      (health: NodeHealth) => health.failed('probe'),
    ]) {
      const { health } = setUp();
      fail(health);
      expect(health).toMatchObject({ state: 'ejected', reason: 'a failed probe' });
    }
  });

  test('only failed probes in a row eject where more than one is asked for', () => {
    const { health } = setUp({ probesToEject: 2 });
    for (const ok of [false, true, false, true]) health.probed(ok);
    expect(health.admits).toBe(true);
    health.probed(false);
    health.probed(false);
    expect(health).toMatchObject({ admits: false, reason: '2 failed probes in a row' });
  });

  test('three timeouts eject, but not with a success between them', () => {
    const { health } = setUp();
    for (let i = 0; i < 5; i++) {
      health.failed('timeout');
      health.failed('timeout');
      health.succeeded();
    }
    expect(health.admits).toBe(true);
    for (let i = 0; i < 3; i++) health.failed('timeout');
    expect(health).toMatchObject({ admits: false, reason: '3 timeouts in a row' });
  });

  test('success reads no clock while nothing is wrong, a slow start included', () => {
    const env = new VirtualEnv();
    let reads = 0;
    const counting: Env = {
      random: env.random,
      onCollected: () => () => {},
      scheduler: Object.create(env.scheduler, { now: { value: () => reads++ } }) as Scheduler,
    };
    const health = new NodeHealth('n', {}, counting);
    health.failed('hard');
    health.readmit();
    const before = reads;
    for (let i = 0; i < 10; i++) health.succeeded();
    expect(health.factor).toBe(0.1);
    expect(reads).toBe(before);
  });

  test('a node frozen for 6 s is ejected once, and its late failures and successes change nothing', async () => {
    const { env, health, changes, probes } = setUp();
    health.probed(false);
    for (let i = 0; i < 24; i++) {
      await env.advance(250);
      health.probed(false);
      health.failed('hard');
      health.failed('timeout');
      health.succeeded();
    }
    expect(health).toMatchObject({ state: 'ejected', ejections: 1, until: 1_000, since: 0 });
    await probes(500);
    expect(changes.map(({ to }) => to)).toEqual(['ejected', 'returning']);
  });
});

describe('NodeHealth: readmission', () => {
  test('needs two good probes in a row and the time to be over', async () => {
    const { env, health } = setUp();
    health.failed('hard');
    health.probed(true);
    health.probed(true);
    health.probed(true);
    await env.advance(999);
    health.probed(true);
    expect(health.state).toBe('ejected');
    await env.advance(1);
    health.probed(false);
    health.probed(true);
    expect(health.state).toBe('ejected');
    health.probed(true);
    expect(health).toMatchObject({ state: 'returning', admits: true, factor: 0.1, since: 1_000 });
    expect(health.reason).toBe('a hard failure');
    expect(health.until).toBeUndefined();
  });

  test('time alone readmits nobody', async () => {
    const { env, health } = setUp();
    health.failed('hard');
    await env.advance(3_600_000);
    expect(health.admits).toBe(false);
  });

  test('slow start: the share grows with each probe, then it is in again', async () => {
    const { env, health, changes, probes } = setUp();
    health.failed('hard');
    await probes(1_000);
    const shares: number[] = [];
    for (let i = 0; i < 10; i++) {
      await env.advance(1_000);
      const before = health.factor;
      expect(health.factor).toBe(before);
      health.probed(true);
      shares.push(health.factor);
    }
    expect(shares).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    expect(health).toMatchObject({ state: 'in', ejections: 1, reason: undefined });
    expect(changes.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      'in > ejected',
      'ejected > returning',
      'returning > in',
    ]);
  });

  test('a returning node is judged afresh, and ejected again by the same rules', async () => {
    const { health, probes } = setUp({ ejectionJitter: 0, probesToEject: 2 });
    for (let i = 0; i < 3; i++) health.failed('timeout');
    await probes(1_000);
    health.failed('timeout');
    health.failed('timeout');
    health.probed(false);
    expect(health).toMatchObject({ state: 'returning', factor: 0.1 });
    health.probed(false);
    expect(health).toMatchObject({ state: 'ejected', factor: 1, ejections: 2 });
    health.readmit();
    health.failed('timeout');
    health.probed(false);
    expect(health.admits).toBe(true);
  });

  test('without a slow start it is in at once', async () => {
    const { health, probes } = setUp({ slowStartMs: 0 });
    health.failed('hard');
    await probes(1_000);
    expect(health).toMatchObject({ state: 'in', factor: 1, reason: undefined });
  });

  test('the nth ejection in a row lasts n times as long, up to the limit; long service makes up for it', async () => {
    const { health, env, probes } = setUp({ ejectionJitter: 0, maxEjectionMs: 3_500 });
    const lengths: number[] = [];
    for (let i = 0; i < 5; i++) {
      health.failed('hard');
      lengths.push(health.until! - env.scheduler.now());
      while (!health.admits) await probes(250);
    }
    expect(lengths).toEqual([1_000, 2_000, 3_000, 3_500, 3_500]);
    await probes(10_000);
    expect(health).toMatchObject({ state: 'in', ejections: 5 });
    await probes(59_750);
    expect(health.ejections).toBe(5);
    await probes(250);
    expect(health.ejections).toBe(0);
  });

  test('long service makes up for earlier ejections without any probe, too', async () => {
    const { health, env } = setUp({ ejectionJitter: 0, slowStartMs: 0 });
    health.failed('hard');
    health.readmit();
    await env.advance(60_000);
    health.failed('hard');
    expect(health.ejections).toBe(1);
    expect(health.until! - env.scheduler.now()).toBe(1_000);
  });

  test('jitter shortens and differs, also at the limit', () => {
    const env = new VirtualEnv();
    const lengths = new Set<number>();
    for (let i = 0; i < 50; i++) {
      const health = new NodeHealth('n', { baseEjectionMs: 30_000 }, env);
      health.failed('hard');
      expect(health.until).toBeGreaterThan(24_000);
      expect(health.until).toBeLessThanOrEqual(30_000);
      lengths.add(health.until!);
    }
    expect(lengths.size).toBe(50);
  });
});

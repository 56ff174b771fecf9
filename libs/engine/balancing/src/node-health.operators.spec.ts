import { describe, expect, test } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { NodeHealth, type NodeHealthChange, type NodeHealthOptions } from './index.js';

function setUp(): { env: VirtualEnv; health: NodeHealth; changes: NodeHealthChange[] } {
  const env = new VirtualEnv();
  const health = new NodeHealth('orders.replica-1', {}, env);
  const changes: NodeHealthChange[] = [];
  health.onChange((change) => changes.push(change));
  return { env, health, changes };
}

describe('NodeHealth: operators and observers', () => {
  test('it is a suspect while it answers probes, unless an operator ejected it', () => {
    const { health } = setUp();
    expect(health.suspect).toBe(false);
    health.failed('hard');
    expect(health.suspect).toBe(false);
    health.probed(true);
    expect(health.suspect).toBe(true);
    health.probed(false);
    expect(health.suspect).toBe(false);
    health.eject('by hand');
    health.probed(true);
    expect(health.suspect).toBe(false);
  });

  test('an operator takes a node out and lets it back in; nothing else does', async () => {
    const { env, health, changes } = setUp();
    health.eject('kernel update');
    for (let i = 0; i < 100; i++) {
      await env.advance(1_000);
      health.probed(true);
    }
    health.failed('hard');
    expect(health).toMatchObject({
      state: 'ejected',
      reason: 'kernel update',
      ejections: 0,
      until: Infinity,
    });
    health.readmit();
    expect(health).toMatchObject({ state: 'returning', factor: 0.1 });
    health.readmit();
    expect(changes.map(({ to }) => to)).toEqual(['ejected', 'returning']);
  });

  test('an operator holds a node that was ejected already, and frees one early', () => {
    const { health, changes } = setUp();
    health.failed('hard');
    health.eject('broken disk');
    expect(health).toMatchObject({ reason: 'broken disk', until: Infinity, ejections: 1, since: 0 });
    health.readmit();
    health.failed('hard');
    expect(health).toMatchObject({ reason: 'a hard failure', ejections: 2 });
    health.readmit();
    expect(changes.map(({ to }) => to)).toEqual(['ejected', 'returning', 'ejected', 'returning']);
  });

  test.each(['drained', 'maintenance'] as const)('%s: nothing but the operator ends it', async (state) => {
    const { env, health, changes } = setUp();
    health.failed('timeout');
    health.hold(state, 'kernel update');
    for (let i = 0; i < 100; i++) {
      await env.advance(1_000);
      health.probed(i % 3 === 0);
      health.failed('hard');
      health.failed('timeout');
      health.outlier('slow');
      health.succeeded();
      health.eject('somebody else');
      health.readmit();
    }
    health.probed(true);
    expect(health).toMatchObject({
      state,
      admits: false,
      reason: 'kernel update',
      cause: 'operator',
      since: 0,
      until: Infinity,
      ejections: 0,
      factor: 1,
    });
    health.putBack();
    expect(health).toMatchObject({ state: 'returning', factor: 0.1, until: undefined });
    health.putBack();
    expect(changes.map(({ from, to }) => `${from} ${to}`)).toEqual([`in ${state}`, `${state} returning`]);
  });

  test('held: another state or another reason may be given, the last probe is not forgotten', async () => {
    const { env, health, changes } = setUp();
    health.hold('drained', 'to be updated');
    health.hold('drained', 'waits for its update');
    expect(health).toMatchObject({ reason: 'waits for its update', since: 0 });
    health.probed(false);
    await env.advance(500);
    health.hold('maintenance', 'update');
    expect(health).toMatchObject({ state: 'maintenance', reason: 'update', since: 500 });
    health.putBack();
    expect(health).toMatchObject({
      state: 'ejected',
      cause: 'failure',
      reason: 'a failed probe when it was put back',
    });
    expect(changes.map(({ to }) => to)).toEqual(['drained', 'maintenance', 'ejected']);
  });

  test('put back while it does not answer it stays out, until it does', async () => {
    const { env, health } = setUp();
    health.failed('hard');
    health.hold('maintenance', 'new disk');
    for (const ok of [true, true, false, false]) health.probed(ok);
    await env.advance(5_000);
    health.putBack();
    expect(health).toMatchObject({
      state: 'ejected',
      reason: '2 failed probes in a row when it was put back',
    });
    health.probed(true);
    expect(health.admits).toBe(false);
    health.probed(true);
    expect(health).toMatchObject({ state: 'returning', ejections: 1 });
  });

  test('an outlier counts as a failure of its own cause, and not while it is out', () => {
    const { health, changes } = setUp();
    health.outlier('much slower');
    health.outlier('even slower');
    expect(health).toMatchObject({ state: 'ejected', cause: 'latency', reason: 'much slower', ejections: 1 });
    expect(changes).toEqual([
      {
        node: 'orders.replica-1',
        from: 'in',
        to: 'ejected',
        reason: 'much slower',
        cause: 'latency',
        ejections: 1,
      },
    ]);
    health.eject('broken disk');
    expect(health).toMatchObject({ cause: 'operator', until: Infinity });
  });

  test('listeners: each is removed alone, one that throws hurts nobody', () => {
    const { health, changes } = setUp();
    const other: string[] = [];
    const listener = ({ to }: NodeHealthChange): void => void other.push(to);
    const remove = health.onChange(listener);
    health.onChange(listener);
    health.onChange(() => {
      throw new Error('broken observer');
    });
    health.onChange(() => void other.push('last'));
    health.failed('hard');
    expect(other).toEqual(['ejected', 'ejected', 'last']);
    remove();
    remove();
    health.readmit();
    expect(other).toEqual(['ejected', 'ejected', 'last', 'returning', 'last']);
    expect(changes).toHaveLength(2);
  });

  test('wrong options are refused, all at once', () => {
    const wrong = {
      timeoutsToEject: 0,
      probesToReadmit: 1.5,
      maxEjectionMs: -1,
      ejectionJitter: 2,
      slowStart: 5,
    } as NodeHealthOptions;
    const make = (): unknown => new NodeHealth('orders.replica-1', wrong, new VirtualEnv());
    expect(make).toThrow(OptionsError);
    expect(make).toThrow("health of node 'orders.replica-1' has 5 options");
    expect(make).toThrow('slowStart: is unknown; did you mean slowStartMs?');
    expect(() => new NodeHealth('n', { maxEjectionMs: 500 })).toThrow('must be at least baseEjectionMs');
    expect(new NodeHealth('n', { slowStartMs: undefined }).admits).toBe(true);
  });
});

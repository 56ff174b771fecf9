import { describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { FailoverGate, type GateLimits } from './failover-gate.js';

function made(
  failoverWaitMs = 1_000,
  maxFailoverWaiters = 100,
): {
  env: VirtualEnv;
  gate: FailoverGate;
  ask: (limits?: Partial<GateLimits>) => { answer: unknown };
} {
  const env = new VirtualEnv(1);
  const gate = new FailoverGate({ failoverWaitMs, maxFailoverWaiters }, env);
  const ask = (limits: Partial<GateLimits> = {}): { answer: unknown } => {
    const state: { answer: unknown } = { answer: 'waits' };
    void gate.pass({ deadline: Infinity, ...limits }).then((answer) => (state.answer = answer ?? 'passes'));
    return state;
  };
  return { env, gate, ask };
}

describe('a failover gate', () => {
  it('lets everybody pass while it is open', async () => {
    const { env, gate, ask } = made();
    const one = ask();
    await env.settle();
    expect(one.answer).toBe('passes');
    gate.reopen();
    expect(gate.open).toBe(true);
  });

  it('holds back who comes while it is closed, and lets them pass in order, ever more at a time', async () => {
    const { env, gate, ask } = made();
    gate.close();
    const many = Array.from({ length: 30 }, () => ask());
    await env.advance(100);
    expect(gate.waiting).toBe(30);
    gate.reopen();
    const passed = (): number => many.filter(({ answer }) => answer === 'passes').length;
    await env.settle();
    expect(passed()).toBe(8);
    // Who comes now does not overtake.
    expect(gate.open).toBe(false);
    const late = ask();
    await env.advance(10);
    expect(passed()).toBe(24);
    expect(late.answer).toBe('waits');
    await env.advance(10);
    expect(passed()).toBe(30);
    expect(late.answer).toBe('passes');
    expect(gate.open).toBe(true);
    expect(env.pendingTimers).toBe(0);
  });

  it('holds nobody longer than that after it was closed, whenever they came', async () => {
    const { env, gate, ask } = made(1_000);
    gate.close();
    await env.advance(600);
    gate.close();
    const one = ask();
    await env.advance(399);
    expect(one.answer).toBe('waits');
    await env.advance(2);
    expect(one.answer).toBe('too-late');
    const next = ask();
    await env.settle();
    expect(next.answer).toBe('too-late');
    gate.reopen();
    const then = ask();
    await env.settle();
    expect(then.answer).toBe('passes');
    expect(env.pendingTimers).toBe(0);
  });

  it('holds nobody longer than he wants, and no more than it may', async () => {
    const { env, gate, ask } = made(1_000, 2);
    const cut = new AbortController();
    gate.close();
    const hasty = ask({ deadline: env.scheduler.now() + 50 });
    const fickle = ask({ signal: cut.signal });
    const third = ask();
    await env.settle();
    expect(third.answer).toBe('full');
    cut.abort();
    await env.advance(51);
    expect([hasty.answer, fickle.answer]).toEqual(['expired', 'aborted']);
    const over = ask({ deadline: env.scheduler.now() });
    const gone = ask({ signal: cut.signal });
    await env.settle();
    expect([over.answer, gone.answer]).toEqual(['expired', 'aborted']);
    expect(env.pendingTimers).toBe(0);
  });

  it('that closes again while it opens keeps those who have not passed', async () => {
    const { env, gate, ask } = made();
    gate.close();
    const many = Array.from({ length: 20 }, () => ask());
    gate.reopen();
    gate.close();
    await env.advance(500);
    expect(many.filter(({ answer }) => answer === 'passes')).toHaveLength(8);
    gate.reopen();
    await env.advance(500);
    expect(many.every(({ answer }) => answer === 'passes')).toBe(true);
  });

  it('that ends turns everybody away, and leaves no timer', async () => {
    const { env, gate, ask } = made();
    gate.close();
    const one = ask();
    gate.end();
    const two = ask();
    await env.settle();
    expect([one.answer, two.answer]).toEqual(['closed', 'closed']);
    expect(env.pendingTimers).toBe(0);
  });

  it('lets somebody wait for something else, within his own limits and not beyond its end', async () => {
    const { env, gate } = made();
    const never = new Promise<never>(() => {});
    const controller = new AbortController();
    const limits = { deadline: 50 };
    const answers = [
      gate.until(Promise.reject(new Error('however it ends')), limits),
      gate.until(never, limits),
      gate.rest(20, limits),
      gate.rest(80, limits),
      gate.until(never, { deadline: Infinity, signal: controller.signal }),
      gate.until(never, { deadline: Infinity }),
    ];
    await env.advance(60);
    controller.abort();
    gate.end();
    expect(await Promise.all(answers)).toEqual([
      undefined,
      'expired',
      undefined,
      'expired',
      'aborted',
      'closed',
    ]);
    expect(env.pendingTimers).toBe(0);
  });
});

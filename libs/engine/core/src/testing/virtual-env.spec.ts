import { describe, expect, test } from '@jest/globals';
import { systemEnv } from '../system-env.js';
import { VirtualEnv } from './index.js';

describe('VirtualEnv', () => {
  test('time stands still until it is moved', async () => {
    const env = new VirtualEnv();
    const wall = env.scheduler.wallMs();
    expect(env.scheduler.now()).toBe(0);
    await env.settle();
    expect(env.scheduler.now()).toBe(0);
    await env.advance(250.5);
    expect(env.scheduler.now()).toBe(250.5);
    expect(env.scheduler.wallMs() - wall).toBe(250.5);
  });

  test('timers run in the order of their moments, equal ones in the order they were made', async () => {
    const env = new VirtualEnv();
    const ran: string[] = [];
    const log = (name: string) => () => void ran.push(`${name}@${env.scheduler.now()}`);
    env.scheduler.after(30, log('c'));
    env.scheduler.after(10, log('a'));
    env.scheduler.after(20, log('b1'));
    env.scheduler.after(20, log('b2'));
    env.scheduler.after(31, log('late'));
    await env.advance(30);
    expect(ran).toEqual(['a@10', 'b1@20', 'b2@20', 'c@30']);
    expect(env.pendingTimers).toBe(1);
  });

  test('a timer set by a timer runs in the same advance if its moment comes', async () => {
    const env = new VirtualEnv();
    const ran: number[] = [];
    env.scheduler.after(10, () => {
      ran.push(env.scheduler.now());
      env.scheduler.after(5, () => ran.push(env.scheduler.now()));
      env.scheduler.after(15, () => ran.push(env.scheduler.now()));
    });
    await env.advance(20);
    expect(ran).toEqual([10, 15]);
    await env.advance(5);
    expect(ran).toEqual([10, 15, 25]);
  });

  test('what follows from a timer runs before the next timer', async () => {
    const env = new VirtualEnv();
    const ran: string[] = [];
    env.scheduler.after(10, () => {
      void Promise.resolve()
        .then(() => {})
        .then(() => ran.push('promise'));
      env.scheduler.afterIo(() => ran.push('io'));
    });
    env.scheduler.after(10, () => ran.push('timer'));
    await env.advance(10);
    expect(ran).toEqual(['promise', 'io', 'timer']);
  });

  test('a cancelled timer never runs; cancelling again, or after it ran, is harmless', async () => {
    const env = new VirtualEnv();
    let ran = 0;
    const first = env.scheduler.after(10, () => ran++);
    const second = env.scheduler.after(10, () => ran++);
    first.cancel();
    first.cancel();
    expect(env.pendingTimers).toBe(1);
    await env.advance(10);
    second.cancel();
    expect(ran).toBe(1);
    expect(env.pendingTimers).toBe(0);
  });

  test('a timer of the past runs at the present moment', async () => {
    const env = new VirtualEnv();
    await env.advance(100);
    let at = -1;
    env.scheduler.after(-50, () => (at = env.scheduler.now()));
    await env.advance(0);
    expect(at).toBe(100);
  });

  test('settle runs promise callbacks and I/O phases, however they follow each other', async () => {
    const env = new VirtualEnv();
    const ran: string[] = [];
    env.scheduler.afterIo(() => {
      ran.push('first');
      env.scheduler.afterIo(() => ran.push('third'));
      void Promise.resolve().then(() => ran.push('second'));
    });
    expect(ran).toEqual([]);
    await env.settle();
    expect(ran).toEqual(['first', 'second', 'third']);
  });

  test('settle drains a chain of promises also when it is called from an event of the event loop', async () => {
    const env = new VirtualEnv();
    const steps = await new Promise<number>((resolve, reject) => {
      systemEnv.scheduler.afterIo(() => {
        let count = 0;
        let chain = Promise.resolve();
        for (let i = 0; i < 20; i++) chain = chain.then(() => void count++);
        env.settle().then(() => resolve(count), reject);
      });
    });
    expect(steps).toBe(20);
  });

  test('a stall leaps: all due timers run at once, before the input that arrived meanwhile', async () => {
    const env = new VirtualEnv();
    const ran: string[] = [];
    const log = (name: string) => () => void ran.push(`${name}@${env.scheduler.now()}`);
    env.scheduler.after(10, () => {
      log('timer 10')();
      env.scheduler.afterIo(log('deadline'));
    });
    env.scheduler.after(400, log('timer 400'));
    env.scheduler.after(600, log('timer 600'));
    await env.stall(500, log('answer'));
    expect(ran).toEqual(['timer 10@500', 'timer 400@500', 'answer@500', 'deadline@500']);
  });

  test('a block takes time in the middle of a turn: nothing else runs until the turn is over', async () => {
    const env = new VirtualEnv();
    const ran: number[] = [];
    env.scheduler.after(10, () => ran.push(env.scheduler.now()));
    env.block(300);
    expect(env.scheduler.now()).toBe(300);
    expect(env.scheduler.lastStallMs).toBe(300);
    expect(ran).toEqual([]);
    await env.advance(0);
    expect(ran).toEqual([300]);
  });

  test('a stall is remembered for one second', async () => {
    const env = new VirtualEnv();
    expect(env.scheduler.lastStallMs).toBe(0);
    await env.stall(300);
    expect(env.scheduler.lastStallMs).toBe(300);
    await env.advance(500);
    await env.stall(100);
    expect(env.scheduler.lastStallMs).toBe(300);
    await env.advance(1_000);
    expect(env.scheduler.lastStallMs).toBe(300);
    await env.advance(1);
    expect(env.scheduler.lastStallMs).toBe(0);
  });

  test('a stall within an advance does not turn time back', async () => {
    const env = new VirtualEnv();
    let stalled: Promise<void> | undefined;
    env.scheduler.after(10, () => {
      stalled = env.stall(500);
    });
    await env.advance(20);
    await stalled;
    expect(env.scheduler.now()).toBe(510);
  });

  test('collect tells those who watch the target, once', () => {
    const env = new VirtualEnv();
    const target = {};
    const told: string[] = [];
    env.onCollected(target, () => told.push('a'));
    const forget = env.onCollected(target, () => told.push('b'));
    env.onCollected(target, () => told.push('c'));
    env.onCollected({}, () => told.push('other'));
    forget();
    forget();
    expect(env.watchedTargets).toBe(2);
    env.collect(target);
    env.collect(target);
    expect(told).toEqual(['a', 'c']);
    expect(env.watchedTargets).toBe(1);
  });

  test('a target whose last watcher went is not watched', () => {
    const env = new VirtualEnv();
    env.onCollected({}, () => {})();
    expect(env.watchedTargets).toBe(0);
  });

  test('the same seed gives the same chance, another seed another; all in [0, 1)', () => {
    const draw = (seed?: number): number[] => {
      const env = new VirtualEnv(seed);
      return Array.from({ length: 1_000 }, () => env.random());
    };
    const first = draw(7);
    expect(draw(7)).toEqual(first);
    expect(draw(8)).not.toEqual(first);
    expect(draw()).toEqual(draw(1));
    expect(first.every((value) => value >= 0 && value < 1)).toBe(true);
    const mean = first.reduce((sum, value) => sum + value, 0) / first.length;
    expect(mean).toBeGreaterThan(0.45);
    expect(mean).toBeLessThan(0.55);
  });
});

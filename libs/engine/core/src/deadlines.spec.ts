import { describe, expect, test } from '@jest/globals';
import { Deadlines, type Timed } from './deadlines.js';
import { VirtualEnv } from './testing/index.js';

class Waits implements Timed<Waits> {
  earlier: Waits | undefined;
  later: Waits | undefined;
  list: Timed<Waits>['list'];

  constructor(
    readonly name: string,
    readonly since: number,
  ) {}

  get deadline(): number {
    return this.since + this.list!.timeoutMs;
  }
}

function world() {
  const env = new VirtualEnv();
  const expired: string[] = [];
  const deadlines = new Deadlines<Waits>(env.scheduler, (waits, now) => expired.push(`${waits.name}@${now}`));
  const add = (name: string, ms: number): Waits => {
    const waits = new Waits(name, Math.ceil(env.scheduler.now()));
    deadlines.add(waits, ms);
    return waits;
  };
  return { env, deadlines, expired, add };
}

describe('Deadlines', () => {
  test('tell of each at its time, with one timer for all of the same timeout', async () => {
    const { env, expired, add } = world();
    add('a', 100);
    await env.advance(30);
    add('b', 100);
    add('c', 50);
    expect(env.pendingTimers).toBe(2);
    await env.advance(200);
    expect(expired).toEqual(['c@80', 'a@100', 'b@130']);
    expect(env.pendingTimers).toBe(0);
  });

  test('who was taken out is not told of, wherever it stood', async () => {
    const { env, expired, add } = world();
    const all = ['a', 'b', 'c', 'd'].map((name) => add(name, 10));
    for (const at of [1, 0, 3]) all[at]!.list!.remove(all[at]!);
    await env.advance(10);
    expect(expired).toEqual(['c@10']);
    expect(all.every(({ list }) => list === undefined)).toBe(true);
  });

  test('round up: nobody’s time is over too early', async () => {
    const { env, expired, add } = world();
    add('a', 10.2);
    await env.advance(10.5);
    expect(expired).toEqual([]);
    await env.advance(0.5);
    expect(expired).toEqual(['a@11']);
  });

  test('wait for the input that has arrived: what comes with it is not late', async () => {
    const { env, expired, add } = world();
    const waits = add('a', 10);
    await env.stall(1_000, () => waits.list!.remove(waits));
    await env.advance(10);
    expect(expired).toEqual([]);
  });

  test('who joins while others expire has its own time', async () => {
    const env = new VirtualEnv();
    const expired: string[] = [];
    const deadlines: Deadlines<Waits> = new Deadlines<Waits>(env.scheduler, (waits) => {
      expired.push(waits.name);
      if (waits.name === 'a') deadlines.add(new Waits('again', Math.ceil(env.scheduler.now())), 10);
    });
    deadlines.add(new Waits('a', 0), 10);
    await env.advance(10);
    expect(expired).toEqual(['a']);
    await env.advance(10);
    expect(expired).toEqual(['a', 'again']);
    deadlines.add(new Waits('b', 20), 10);
    deadlines.dispose();
    expect(env.pendingTimers).toBe(0);
  });
});

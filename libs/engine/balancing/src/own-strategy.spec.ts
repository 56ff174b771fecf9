import { describe, expect, test } from '@jest/globals';
import { OptionsError, Problems } from '@nest-pooling/core';
import { checkStrategy, createStrategy, type BalancingStrategy, type Candidate } from './index.js';

const list = ['a', 'b', 'c'].map((id): Candidate => ({ id, weight: 1, load: 0 }));

class Last implements BalancingStrategy {
  readonly name = 'last';
  pick<C extends Candidate>(candidates: readonly C[]): C | undefined {
    return candidates.at(-1);
  }
}

class Broken extends Last {
  readonly timed = true;
  constructor(private readonly how: 'throws' | 'nobody' | 'stranger') {
    super();
  }
  override pick<C extends Candidate>(_candidates: readonly C[]): C | undefined {
    if (this.how === 'throws') throw new Error('arithmetic');
    return (this.how === 'nobody' ? undefined : { id: 'a', weight: 1, load: 0 }) as C;
  }
  observe(): void {
    throw new Error('arithmetic');
  }
  forget(): void {
    throw new Error('arithmetic');
  }
}

describe('a strategy of the user’s own', () => {
  test('chooses, under its name; it is not asked when there is nobody', () => {
    const strategy = createStrategy(new Last(), () => 0);
    expect(strategy.name).toBe('last');
    expect(strategy.timed).toBe(false);
    expect(strategy.pick(list)).toBe(list[2]);
    expect(createStrategy(new Broken('throws'), () => 0).pick([])).toBeUndefined();
  });

  test('is told what it wants to know', () => {
    const told: unknown[] = [];
    class Learning extends Last {
      readonly timed = true;
      observe(...args: unknown[]): void {
        told.push(args);
      }
      forget(candidate: Candidate): void {
        told.push(candidate);
      }
    }
    const strategy = createStrategy(new Learning(), () => 0);
    expect(strategy.timed).toBe(true);
    strategy.observe!(list[0]!, 5, 'failed', 9);
    strategy.forget!(list[1]!);
    expect(told).toEqual([[list[0], 5, 'failed', 9], list[1]]);
  });

  test.each([
    ['throws', 'threw when it was to choose'],
    ['nobody', 'chose nobody'],
    ['stranger', 'chose somebody who is no candidate'],
  ] as const)('that %s: round-robin chooses, and it is told once', (how, what) => {
    const told: unknown[] = [];
    const onMisuse = (message: string): unknown => told.push(message);
    const strategy = createStrategy(new Broken(how), () => 0, { onMisuse });
    expect(
      Array.from({ length: 6 }, () => strategy.pick(list)!.id)
        .toSorted()
        .join(''),
    ).toBe('aabbcc');
    expect(() => strategy.observe!(list[0]!, 1, 'answered', 0)).not.toThrow();
    expect(() => strategy.forget!(list[0]!)).not.toThrow();
    expect(told).toEqual([expect.stringContaining(`'last' ${what}. Round-robin chooses`)]);
    expect(createStrategy(new Broken(how), () => 0).pick(list)).toBeDefined();
  });

  test('works under zone affinity', () => {
    const zoned = [{ ...list[0]!, zone: 'a' }, { ...list[1]!, zone: 'a' }, list[2]!];
    const strategy = createStrategy(new Last(), () => 0, { affinity: { zone: 'a' } });
    expect(strategy.pick(zoned)!.id).toBe('b');
  });

  test('is checked early, all problems at once', () => {
    const wrong = { timed: true, pick: 'first', forget: 1 } as unknown as BalancingStrategy;
    const make = (): unknown => createStrategy(wrong, () => 0);
    expect(make).toThrow(OptionsError);
    expect(make).toThrow('A balancing strategy of your own has 4 options');
    const problems = new Problems();
    checkStrategy(problems, 'routing.strategy', wrong);
    expect(problems.count).toBe(4);
    expect(() => problems.throwIfAny('x')).toThrow("routing.strategy.pick: must be a method (got 'string')");
  });

  test('checkStrategy takes names and instances, and refuses the rest', () => {
    const problems = new Problems();
    for (const fine of [undefined, 'p2c', new Last()]) checkStrategy(problems, 'strategy', fine);
    expect(problems.count).toBe(0);
    for (const wrong of ['best', 5, null]) checkStrategy(problems, 'strategy', wrong);
    expect(problems.count).toBe(3);
  });
});

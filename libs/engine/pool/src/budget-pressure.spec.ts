import { describe, expect, test } from '@jest/globals';
import { Owner, settle, wishing } from './budget-owner.fixture.js';
import { PoolBudget } from './index.js';

/** Obeys pressure as the engine of a pool should: idle ones at once, the rest when asked by the test. */
function obedient(budget: PoolBudget, wish: number, idle = 0): Owner {
  const owner = wishing(budget, wish);
  owner.idle = idle;
  budget.onPressure(owner, (target, wanted) => {
    owner.told = [target, wanted];
    const leaving = Math.min(wanted, owner.idle);
    owner.idle -= leaving;
    return leaving;
  });
  return owner;
}

describe('pressure', () => {
  test('tells who holds too much what it may hold, and when that is over', async () => {
    const budget = new PoolBudget({ limit: 9 });
    const greedy = obedient(budget, 9);
    const [b, c] = [wishing(budget, 9), wishing(budget, 2)];
    await settle();
    // 9 among three of whom one wants 2 only: 4 (it holds them), 3, 2.
    expect(greedy.told[0]).toBe(4);
    greedy.wish = 4;
    greedy.give(5);
    await settle();
    expect([greedy.held, b.held, c.held]).toEqual([4, 3, 2]);
    expect(greedy.told[0]).toBe(Infinity);
    for (const owner of [b, c]) {
      owner.wish = 0;
      owner.give(owner.held);
    }
    await settle();
    expect(greedy.told).toEqual([Infinity, 0]);
  });

  test('never asks for what is kept for a share', async () => {
    const budget = new PoolBudget({ limit: 6 });
    const share = budget.share({ name: 'orders', min: 5 });
    const told: number[][] = [];
    const orders = wishing(share, 6);
    share.onPressure(orders, (...args) => {
      told.push(args);
      return 0;
    });
    wishing(budget, 6);
    await settle();
    expect(told).toEqual([[5, 1]]);
  });

  test('asks for idle ones although nobody holds more than his share, and not twice for the same', async () => {
    const budget = new PoolBudget({ limit: 6 });
    const rich = obedient(budget, 3, 3);
    const other = obedient(budget, 2, 2);
    wishing(budget, 1);
    const poor = wishing(budget, 1);
    await settle();
    expect(rich.told).toEqual([2, 1]);
    expect(other.told).toEqual([Infinity, 0]);
    // On its way back: somebody else who waits does not get the same one promised.
    const next = wishing(budget, 1);
    await settle();
    expect(rich.idle + other.idle).toBe(3);
    rich.wish = rich.held - 2;
    rich.give(2);
    await settle();
    expect([poor.held, next.held]).toEqual([1, 1]);
    expect(rich.told).toEqual([Infinity, 0]);
  });

  test('asks the next when the first has nothing idle', async () => {
    const budget = new PoolBudget({ limit: 5 });
    const busy = obedient(budget, 3);
    const idle = obedient(budget, 2, 2);
    wishing(budget, 1);
    await settle();
    expect(busy.told[1]).toBe(1);
    expect(idle.idle).toBe(1);
  });

  test('asks nobody who waits himself', async () => {
    const budget = new PoolBudget({ limit: 2 });
    const waiting = obedient(budget, 3, 2);
    wishing(budget, 2);
    await settle();
    expect(waiting.told).toEqual([1, 0]);
    expect(waiting.idle).toBe(2);
  });

  test('ends with its listener, and survives one that throws', async () => {
    const budget = new PoolBudget({ limit: 2 });
    const [first, second] = [wishing(budget, 1), wishing(budget, 1)];
    let calls = 0;
    const end = budget.onPressure(first, () => {
      calls++;
      throw new Error('defect');
    });
    let other = 0;
    budget.onPressure(second, () => {
      other++;
      return 0;
    });
    const poor = wishing(budget, 1);
    await settle();
    expect([calls, other]).toEqual([1, 1]);
    end();
    end();
    poor.wish = 0;
    budget.wanted(poor, 0);
    await settle();
    expect([calls, other]).toEqual([1, 2]);
  });

  test('serves what a listener gives back at once', async () => {
    const budget = new PoolBudget({ limit: 1 });
    const rich = wishing(budget, 1);
    budget.onPressure(rich, (_target, wanted) => {
      if (wanted === 0) return 0;
      rich.wish = 0;
      rich.give();
      return 1;
    });
    const poor = wishing(budget, 1);
    await settle();
    expect(poor.held).toBe(1);
  });
});

import { describe, expect, test } from '@jest/globals';
import { Owner, settle, wishing } from './budget-owner.fixture.js';
import { PoolBudget } from './index.js';

describe('the rounds of a budget', () => {
  test('calls nobody from within a call', async () => {
    const budget = new PoolBudget({ limit: 1 });
    const holder = wishing(budget, 1);
    const waiting = wishing(budget, 1);
    holder.wish = 0;
    holder.give();
    budget.resize(2);
    budget.tryTake(holder);
    expect([holder.calls, waiting.calls]).toEqual([0, 0]);
    await settle();
    expect(waiting.held).toBe(1);
  });

  test('is not disturbed by a listener that throws, leaves, or gives back what it gets', async () => {
    const budget = new PoolBudget({ limit: 1 });
    const holder = wishing(budget, 1);
    budget.onFree(() => {
      throw new Error('defect');
    });
    const hasty = {};
    budget.tryTake(hasty);
    budget.onFree(() => {
      if (budget.tryTake(hasty)) budget.give(hasty);
    });
    const gone = new Owner(budget);
    budget.onFree(() => gone.forget());
    const calls = gone.calls;
    const waiting = wishing(budget, 1);
    holder.wish = 0;
    holder.give();
    gone.forget();
    await settle();
    expect(waiting.held).toBe(1);
    expect(gone.calls).toBe(calls);
  });

  test('ends although somebody takes and gives for ever', async () => {
    const budget = new PoolBudget({ limit: 1 });
    const [restless, absent] = [{}, {}];
    budget.onFree(() => {
      budget.wanted(absent, 1);
      if (budget.tryTake(restless)) budget.give(restless);
      budget.wanted(restless, 1);
    });
    budget.wanted(restless, 1);
    await settle();
    expect(budget.report().held).toBe(0);
  });

  test('goes on when somebody who comes first gives up: found by simulation', async () => {
    const budget = new PoolBudget({ limit: 1 });
    const holder = wishing(budget, 1);
    const second = new Owner(budget, 1);
    const first = {};
    budget.tryTake(first);
    budget.onFree(() => budget.wanted(first, 0));
    second.ensure();
    holder.wish = 0;
    holder.give();
    await settle();
    expect(second.held).toBe(1);
  });
});

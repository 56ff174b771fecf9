import { describe, expect, test } from '@jest/globals';
import { Owner, settle, wishing } from './budget-owner.fixture.js';
import { PoolBudget } from './index.js';

describe('PoolBudget', () => {
  test('grants its limit, to anybody, and not more', () => {
    const budget = new PoolBudget({ limit: 5 });
    expect(wishing(budget, 3).held).toBe(3);
    expect(wishing(budget, 3).held).toBe(2);
    expect(wishing(budget, 1).held).toBe(0);
    expect(budget.report()).toMatchObject({ limit: 5, held: 5, free: 0, waiting: 2, taken: 5, given: 0 });
  });

  test('refuses options that make no sense, all at once', () => {
    // @ts-expect-error: the limit is required
    expect(() => new PoolBudget({ limt: 3 })).toThrow(
      /limt: is unknown; did you mean limit[^]*limit: must be/,
    );
    expect(() => new PoolBudget({ limit: -1 })).toThrow('limit: must be a whole number from 0');
    const budget = new PoolBudget({ limit: 10 });
    expect(() => budget.share({ name: '', min: 11 })).toThrow(
      /name: must be[^]*min: .*kept for others \(10\)/,
    );
    budget.share({ name: 'a', min: 8 });
    expect(() => budget.share({ name: 'b', min: 3 })).toThrow('kept for others (2)');
    expect(() => budget.resize(7)).toThrow('limit: must be a whole number from 8');
    expect(() => budget.resize(undefined as never)).toThrow('limit: must be');
  });

  test('gives what comes back to the one who holds least, before the greedy one who asks first', async () => {
    const budget = new PoolBudget({ limit: 6 });
    const greedy = wishing(budget, 100);
    const modest = wishing(budget, 2);
    greedy.give();
    greedy.ensure();
    expect(greedy.held).toBe(5);
    await settle();
    expect([greedy.held, modest.held]).toEqual([5, 1]);
    greedy.give();
    await settle();
    expect([greedy.held, modest.held]).toEqual([4, 2]);
    greedy.give();
    await settle();
    expect([greedy.held, modest.held]).toEqual([4, 2]);
  });

  test('serves among equals the one who waits longest', async () => {
    const budget = new PoolBudget({ limit: 3 });
    const holder = wishing(budget, 3);
    // Listens last, but waits longest.
    const late = [new Owner(budget), new Owner(budget), new Owner(budget)];
    for (const owner of late.toReversed()) {
      owner.wish = 1;
      owner.ensure();
    }
    holder.wish = 0;
    const served: number[] = [];
    for (let i = 0; i < 3; i++) {
      holder.give();
      await settle();
      served.push(late.findIndex((owner, at) => owner.held === 1 && !served.includes(at)));
    }
    expect(served).toEqual([2, 1, 0]);
  });

  test('keeps a guarantee free for its share, also while others wait', () => {
    const budget = new PoolBudget({ limit: 10 });
    const share = budget.share({ name: 'orders', min: 3 });
    const greedy = wishing(budget, 100);
    expect(greedy.held).toBe(7);
    expect(budget.report()).toMatchObject({ free: 3, kept: 3, waiting: 93 });
    expect(wishing(share, 5).held).toBe(3);
    expect(budget.report().shares).toEqual([{ name: 'orders', min: 3, held: 3, waiting: 2 }]);
    expect([share.name, share.min, share.held]).toEqual(['orders', 3, 3]);
  });

  test('gives a share made late what comes back before anybody else', async () => {
    const budget = new PoolBudget({ limit: 4 });
    const greedy = wishing(budget, 4);
    const waiting = wishing(budget, 1);
    const share = budget.share({ name: 'orders', min: 2 });
    const orders = wishing(share, 3);
    greedy.wish = 0;
    greedy.give(2);
    await settle();
    expect([orders.held, waiting.held]).toEqual([2, 0]);
    greedy.give(2);
    await settle();
    expect([orders.held, waiting.held]).toEqual([3, 1]);
  });

  test('frees what was kept when a share closes', async () => {
    const budget = new PoolBudget({ limit: 4 });
    const share = budget.share({ name: 'orders', min: 2 });
    const other = wishing(budget, 4);
    expect(other.held).toBe(2);
    share.close();
    await settle();
    expect(other.held).toBe(4);
    expect(budget.report().shares).toEqual([]);
  });

  test('counts the owners of one share as one, and is fair between them', async () => {
    const budget = new PoolBudget({ limit: 8 });
    const holder = wishing(budget, 8);
    const share = budget.share({ name: 'tenants' });
    const [a, b] = [wishing(share, 8), wishing(share, 8)];
    const alone = wishing(budget, 8);
    holder.wish = 0;
    holder.give(8);
    await settle();
    expect([alone.held, a.held, b.held]).toEqual([4, 2, 2]);
  });

  test('forgets who gave up without a word, and serves those behind him', async () => {
    const budget = new PoolBudget({ limit: 2 });
    const greedy = wishing(budget, 5);
    const quitter = wishing(budget, 1);
    quitter.wish = 0;
    greedy.give();
    greedy.ensure();
    expect(greedy.held).toBe(1);
    await settle();
    expect(greedy.held).toBe(2);
    expect(budget.report().waiting).toBe(3);
  });

  test('takes the word of who gives up', async () => {
    const budget = new PoolBudget({ limit: 1 });
    const first = wishing(budget, 1);
    const quitter = wishing(budget, 1);
    budget.wanted(quitter, 0);
    expect(budget.report().waiting).toBe(0);
    first.give();
    await settle();
    expect([quitter.calls, first.calls]).toEqual([0, 0]);
  });

  test('counts what was never taken and changes nothing', () => {
    const budget = new PoolBudget({ limit: 2 });
    const share = budget.share({ name: 'orders', min: 1 });
    const owner = wishing(budget, 1);
    budget.give({});
    share.give(owner);
    owner.give();
    budget.give(owner);
    expect(budget.report()).toMatchObject({ held: 0, taken: 1, given: 1, misuses: 3 });
    expect([wishing(budget, 5).held, wishing(share, 5).held]).toEqual([1, 1]);
  });

  test('grows and shrinks while it is used', async () => {
    const budget = new PoolBudget({ limit: 2 });
    const [a, b] = [wishing(budget, 10), wishing(budget, 10)];
    budget.resize(6);
    await settle();
    expect([a.held, b.held]).toEqual([3, 3]);
    budget.resize(3);
    expect(budget.report()).toMatchObject({ limit: 3, held: 6, free: 0 });
    for (const owner of [a, a, b]) owner.give();
    await settle();
    expect([a.held, b.held]).toEqual([1, 2]);
    b.give();
    await settle();
    expect([a.held, b.held]).toEqual([2, 1]);
  });

  test('takes nonsense for no wish', () => {
    const budget = new PoolBudget({ limit: 0 });
    for (const n of [Number.NaN, -5, undefined as never]) budget.wanted({}, n);
    expect(budget.report().waiting).toBe(0);
    budget.wanted({}, Infinity);
    expect(Number.isFinite(budget.report().waiting)).toBe(true);
  });
});

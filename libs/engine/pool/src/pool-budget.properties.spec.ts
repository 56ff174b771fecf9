import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Account, Party } from './budget-claims.js';
import { Ledger } from './budget-ledger.js';
import { Owner, settle } from './budget-owner.fixture.js';
import { PoolBudget } from './index.js';

const MINS = [0, 0, 0, 2, 3];
const LIMIT = 12;

/** Three owners without and two with a guarantee. */
function world(): { budget: PoolBudget; owners: Owner[] } {
  const budget = new PoolBudget({ limit: LIMIT });
  const owners = MINS.map((min, i) => new Owner(min > 0 ? budget.share({ name: `s${i}`, min }) : budget));
  return { budget, owners };
}

const step = fc.record({
  who: fc.nat(MINS.length - 1),
  what: fc.constantFrom('wish', 'wish', 'give', 'give', 'quit', 'steal'),
  n: fc.nat(15),
  settled: fc.boolean(),
});

describe('a budget, whatever its owners do', () => {
  test('never grants more than the limit, keeps guarantees, leaves nothing free that is wanted', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { budget, owners } = world();
        for (const { who, what, n, settled } of steps) {
          const owner = owners[who]!;
          if (what === 'wish') owner.wish = n;
          if (what === 'quit') owner.wish = Math.min(owner.wish, owner.held);
          if (what === 'give' && owner.held > 0) {
            owner.wish = Math.min(owner.wish, owner.held - 1);
            owner.give();
          }
          if (what === 'steal' && owner.held === 0) owner.budget.give(owner);
          // Who changes his mind downwards tells nobody: the budget must find out.
          if (what === 'wish') owner.ensure();
          if (settled) await settle();

          const held = owners.reduce((sum, each) => sum + each.held, 0);
          const report = budget.report();
          expect(report.held).toBe(held);
          expect(held).toBeLessThanOrEqual(LIMIT);
          expect(report.taken - report.given).toBe(held);
          // Who is below his guarantee gets it the moment he asks.
          const betrayed = owners.filter((each, i) => {
            const due = Math.min(MINS[i]!, each.wish);
            return each.held < due && each.ensure().held < due;
          });
          expect(betrayed).toEqual([]);
          if (!settled) continue;
          for (const each of owners) each.ensure();
          await settle();
          const free = owners.reduce((left, each) => left - each.held, LIMIT);
          const kept = owners.reduce((sum, each, i) => sum + Math.max(0, MINS[i]! - each.held), 0);
          const starving = owners.some((each) => each.held < each.wish);
          expect(starving && free > kept).toBe(false);
        }
        for (const owner of owners) {
          owner.wish = 0;
          owner.give(owner.held);
        }
        await settle();
        expect(budget.report()).toMatchObject({ held: 0, waiting: 0, kept: 5 });
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  test('gives everybody who waits his turn, while others take again whatever they give', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 }),
        fc.array(fc.nat(100), { minLength: 30, maxLength: 30 }),
        async (limit, wishes, gives) => {
          const budget = new PoolBudget({ limit });
          const owners = wishes.map((wish) => new Owner(budget, wish).ensure());
          const served = owners.map((owner) => owner.held > 0);
          for (const pick of gives) {
            const holders = owners.filter((owner) => owner.held > 0);
            const giver = holders[pick % holders.length]!;
            giver.give();
            // In the same turn, as an engine does it.
            giver.ensure();
            await settle();
            for (const [i, owner] of owners.entries()) served[i] ||= owner.held > 0;
            expect(owners.reduce((sum, owner) => sum + owner.held, 0)).toBe(
              Math.min(
                limit,
                wishes.reduce((a, b) => a + b, 0),
              ),
            );
          }
          expect(served).not.toContain(false);
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  test('grants a permit to nobody who holds more than another who waits', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(3), fc.nat(8), fc.boolean()), { maxLength: 50 }),
        async (steps) => {
          const budget = new PoolBudget({ limit: 6 });
          const owners = [0, 0, 0, 0].map(() => new Owner(budget));
          for (const [who, wish, give] of steps) {
            const before = owners.map((owner) => owner.held);
            const owner = owners[who]!;
            owner.wish = wish;
            if (give && owner.held > wish) owner.give(owner.held - wish);
            owner.ensure();
            await settle();
            const most = owners
              .filter((one, i) => one.held > before[i]!)
              .reduce((max, one) => Math.max(max, one.held), 0);
            const least = owners
              .filter((one) => one.held < one.wish)
              .reduce((min, one) => Math.min(min, one.held), Infinity);
            expect(most).toBeLessThanOrEqual(least + 1);
          }
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe('the ledger', () => {
  test('remembers only those whom something connects with it', () => {
    const ledger = new Ledger(2, () => {});
    const [a, b] = [new Account(new Party(0, undefined)), new Account(new Party(0, undefined))];
    ledger.take(a);
    ledger.wait(b, 3);
    expect(ledger.parties.size).toBe(2);
    ledger.give(a);
    expect(ledger.parties.size).toBe(1);
    ledger.round++;
    expect(ledger.forget()).toBe(true);
    expect([ledger.parties.size, ledger.want]).toEqual([0, 0]);
  });
});

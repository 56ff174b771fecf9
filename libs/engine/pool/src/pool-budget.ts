import { Problems, type Budget } from '@nest-pooling/core';
import { Account, Party } from './budget-claims.js';
import { Ledger } from './budget-ledger.js';
import type { PressureListener } from './budget-pressure.js';
import { Rounds } from './budget-rounds.js';
import { BudgetShare, listen, type BudgetShareOptions } from './budget-share.js';

/** What makes a {@link PoolBudget}. */
export interface PoolBudgetOptions {
  /** Permits in all: how many resources all pools together may have at a time. Required; 0 allows none. */
  readonly limit: number;
}

/** What a {@link PoolBudget} says about itself: numbers now, and totals since it was made. */
export interface PoolBudgetReport {
  /** Permits in all. */
  readonly limit: number;
  /** Permits that are taken; more than `limit` for a while after it was made smaller. */
  readonly held: number;
  /** Permits that are not taken. */
  readonly free: number;
  /** Free permits that are kept for shares. */
  readonly kept: number;
  /** Permits that are waited for. */
  readonly waiting: number;
  /** Permits taken since the start. */
  readonly taken: number;
  /** Permits given back since the start. */
  readonly given: number;
  /** Refusals since the start; one wait may have several. */
  readonly refused: number;
  /** Permits that were given back without having been taken. */
  readonly misuses: number;
  /** The shares that have a guarantee, or an owner that holds or waits. */
  readonly shares: readonly {
    readonly name: string;
    readonly min: number;
    readonly held: number;
    readonly waiting: number;
  }[];
}

const MOST = 1_000_000;

/**
 * One limit for several pools, for instance the connections that a server allows. While more is wanted than is
 * free, permits are granted by max-min fairness: nobody gets one while another waits who holds fewer, and among
 * equals the one who waits longest is first. A greedy pool takes what nobody else wants, and starves nobody.
 *
 * ```ts
 * const budget = new PoolBudget({ limit: 90 });
 * const orders = new Pool({ name: 'orders', factory, budget: budget.share({ name: 'orders', min: 10 }) });
 * const reports = new Pool({ name: 'reports', factory, budget });
 * ```
 *
 * Listeners are called from a microtask of their own, never from within a call to the budget; one that throws
 * disturbs nobody. A claim that is not repeated when its owner is called is forgotten: nothing stays free for
 * somebody who gave up. There are no timers, and owners that hold and want nothing are not remembered.
 */
export class PoolBudget implements Budget {
  readonly #accounts = new WeakMap<object, Account>();
  readonly #rounds: Rounds = new Rounds(() => this.#ledger);
  readonly #ledger: Ledger;

  /** Throws an `OptionsError` that lists every wrong option. */
  constructor(options: PoolBudgetOptions) {
    const problems = new Problems();
    problems.unknown('', options, ['limit']);
    problems.number('limit', options.limit ?? null, { min: 0, max: MOST, integer: true });
    problems.throwIfAny('the budget');
    this.#ledger = new Ledger(options.limit, () => this.#rounds.note());
  }

  /** Takes one permit for `owner`; `false` when none is free, or the free ones are for others. Then it waits for one. */
  tryTake(owner: object): boolean {
    return this.#ledger.take(this.#account(owner));
  }

  /** Gives one permit of `owner` back; more than it took is counted as misuse and changes nothing else. */
  give(owner: object): void {
    this.#ledger.give(this.#accounts.get(owner));
  }

  /** Waits for `n` permits; 0 ends the wait. */
  wanted(owner: object, n: number): void {
    this.#ledger.wait(this.#account(owner), n);
  }

  /** Calls `fn` when those who wait should try again; returns the function that ends it. */
  onFree(fn: () => void): () => void {
    return this.#rounds.add(fn);
  }

  /** Asks `owner` to give back what others wait for; returns the function that ends it. */
  onPressure(owner: object, fn: PressureListener): () => void {
    return listen(this.#ledger, this.#account(owner), fn);
  }

  /**
   * A part of the budget with a guarantee: `min` permits are kept for it, taken or not. Throws an
   * `OptionsError` when more would be kept than there are. What others hold is not taken from them: if too
   * little is free, the share gets what comes back before anybody else.
   */
  share(options: BudgetShareOptions): BudgetShare {
    const { name, min = 0 } = options;
    const left = this.#ledger.limit - this.#ledger.min;
    const problems = new Problems();
    problems.unknown('', options, ['name', 'min']);
    if (typeof name !== 'string' || name === '')
      problems.add('name', 'must be a text that is not empty', name);
    problems.number('min', min, { min: 0, integer: true });
    if (min > left) problems.add('min', `must not be more than what is not kept for others (${left})`, min);
    problems.throwIfAny('the share of a budget');
    const party = new Party(0, name);
    this.#ledger.keep(party, min);
    return new BudgetShare(party, this.#ledger, this.#rounds);
  }

  /** Changes the limit; not below what is kept for shares. What is taken beyond it is not granted again. */
  resize(limit: number): void {
    const problems = new Problems();
    const { min } = this.#ledger;
    problems.number('limit', limit ?? null, { min, max: MOST, integer: true });
    problems.throwIfAny(`resizing a budget of which ${min} are kept for shares`);
    this.#ledger.limit = limit;
    this.#rounds.note();
  }

  /** The budget's numbers at the moment of the call. */
  report(): PoolBudgetReport {
    const { limit, held, want, taken, given, refused, misuses } = this.#ledger;
    const parties = [...this.#ledger.parties];
    const free = Math.max(0, limit - held);
    const kept = parties.reduce((sum, party) => sum + party.kept, 0);
    const shares = parties.flatMap(({ name, min, held: own, want: waiting }) =>
      name === undefined ? [] : [{ name, min, held: own, waiting }],
    );
    return {
      limit,
      held,
      free,
      kept: Math.min(free, kept),
      waiting: want,
      taken,
      given,
      refused,
      misuses,
      shares,
    };
  }

  #account(owner: object): Account {
    let account = this.#accounts.get(owner);
    if (account === undefined) this.#accounts.set(owner, (account = new Account(new Party(0, undefined))));
    return account;
  }
}

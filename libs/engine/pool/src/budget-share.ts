import type { Budget } from '@nest-pooling/core';
import { Account, type Party } from './budget-claims.js';
import type { Ledger } from './budget-ledger.js';
import type { PressureListener } from './budget-pressure.js';
import type { Rounds } from './budget-rounds.js';

/** What makes a {@link BudgetShare}. */
export interface BudgetShareOptions {
  /** Shown in {@link PoolBudget.report}. Required. */
  readonly name: string;
  /** Permits that are kept for the share, taken or not. Default 0: a share that only has a name. */
  readonly min?: number;
}

/**
 * A part of a {@link PoolBudget}: its guarantee, and one vote in what is shared fairly. Made by
 * {@link PoolBudget.share}. Several pools may use it; they share it fairly among them.
 */
export class BudgetShare implements Budget {
  readonly #accounts = new WeakMap<object, Account>();

  /** Shares are made by a budget. */
  constructor(
    private readonly party: Party,
    private readonly ledger: Ledger,
    private readonly rounds: Rounds,
  ) {}

  /** The name that the share was given. */
  get name(): string {
    return this.party.name!;
  }

  /** Permits that are kept for it; 0 after {@link BudgetShare.close}. */
  get min(): number {
    return this.party.min;
  }

  /** Permits that its owners hold. */
  get held(): number {
    return this.party.held;
  }

  /** Takes one permit for `owner`; always possible below `min`. */
  tryTake(owner: object): boolean {
    return this.ledger.take(this.#account(owner));
  }

  /** Gives one permit of `owner` back; more than it took is counted as misuse and changes nothing else. */
  give(owner: object): void {
    this.ledger.give(this.#accounts.get(owner));
  }

  /** Waits for `n` permits; 0 ends the wait. */
  wanted(owner: object, n: number): void {
    this.ledger.wait(this.#account(owner), n);
  }

  /** Calls `fn` when those who wait should try again; returns the function that ends it. */
  onFree(fn: () => void): () => void {
    return this.rounds.add(fn);
  }

  /** Asks `owner` to give back what others wait for; returns the function that ends it. */
  onPressure(owner: object, fn: PressureListener): () => void {
    return listen(this.ledger, this.#account(owner), fn);
  }

  /** Ends the guarantee, for when the pools of the share are closed. What they hold stays theirs. */
  close(): void {
    this.ledger.keep(this.party, 0);
  }

  #account(owner: object): Account {
    let account = this.#accounts.get(owner);
    if (account === undefined) this.#accounts.set(owner, (account = new Account(this.party)));
    return account;
  }
}

/** Makes an account hear of pressure; returns the function that ends it. */
export function listen(ledger: Ledger, account: Account, fn: PressureListener): () => void {
  account.press = fn;
  ledger.keep(account.party, account.party.min);
  ledger.tidy(account);
  return () => {
    if (account.press !== fn) return;
    account.press = undefined;
    account.target = Infinity;
    account.asked = 0;
    ledger.tidy(account);
  };
}

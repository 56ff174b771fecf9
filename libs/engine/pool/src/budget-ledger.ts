import { ahead, Party, type Account, type Claim } from './budget-claims.js';

/** More than any pool may hold: keeps sums exact whatever is wanted. */
const MOST = 1_000_000;

/**
 * Who holds and who waits, and the one rule by which permits are granted. Every number is exact at any moment:
 * nothing here calls out except `changed`, which only takes a note.
 */
export class Ledger {
  held = 0;
  /** Permits that all parties wait for. */
  want = 0;
  /** Sum of all guarantees. */
  min = 0;
  round = 0;
  taken = 0;
  given = 0;
  refused = 0;
  misuses = 0;
  /** Those who hold, wait, listen or have a guarantee. */
  readonly parties = new Set<Party>();
  #turn = 0;

  constructor(
    public limit: number,
    private readonly changed: () => void,
  ) {}

  take(account: Account): boolean {
    if (!this.#may(account)) {
      this.refused++;
      this.wait(account, Math.max(1, account.want));
      return false;
    }
    this.taken++;
    this.held++;
    account.held++;
    account.party.held++;
    this.#waitLess(account, 1);
    // Whoever was served goes to the end of those who hold as many.
    if (account.want > 0) account.turn = ++this.#turn;
    if (account.party.want > 0) account.party.turn = ++this.#turn;
    this.tidy(account);
    return true;
  }

  give(account: Account | undefined): void {
    if (account === undefined || account.held === 0) {
      this.misuses++;
      return;
    }
    this.given++;
    this.held--;
    account.held--;
    account.party.held--;
    account.leaving = Math.max(0, account.leaving - 1);
    this.tidy(account);
    this.changed();
  }

  /** Waits for `n` permits from now on, instead of as many as before. */
  wait(account: Account, n: number): void {
    // What is no number wants nothing.
    const more = (n > 0 ? Math.min(MOST, Math.floor(n)) : 0) - account.want;
    account.round = this.round;
    if (more > 0) this.#waitMore(account, more);
    else this.#waitLess(account, -more);
    this.tidy(account);
    // Unchanged and nothing free: all who could give something back were asked already.
    if (more !== 0 || this.limit > this.held) this.changed();
  }

  /** Whether somebody who waits would get something if he asked. */
  get grantable(): boolean {
    let free = this.limit - this.held;
    if (free <= 0 || this.want === 0) return false;
    for (const party of this.parties) {
      if (party.want > 0 && party.kept > 0) return true;
      free -= party.kept;
    }
    return free > 0;
  }

  /** Forgets the claims that were not repeated in this round; tells whether there were any. */
  forget(): boolean {
    let any = false;
    for (const party of this.parties) {
      for (const account of party.accounts) {
        if (account.want === 0 || account.round === this.round) continue;
        any = true;
        this.#waitLess(account, account.want);
        this.tidy(account);
      }
    }
    return any;
  }

  /** Changes what is kept for a party. */
  keep(party: Party, min: number): void {
    this.min += min - party.min;
    party.min = min;
    this.#tidyParty(party);
    this.changed();
  }

  /** Remembers those whom something connects with the budget, and nobody else. */
  tidy(account: Account): void {
    const { party } = account;
    if (account.held > 0 || account.want > 0 || account.press !== undefined) party.accounts.add(account);
    else party.accounts.delete(account);
    this.#tidyParty(party);
  }

  #tidyParty(party: Party): void {
    if (party.accounts.size > 0 || party.min > 0) this.parties.add(party);
    else this.parties.delete(party);
  }

  /** Whether the next permit is this account's: enough are free for it and for all who come before it. */
  #may(account: Account): boolean {
    const { party } = account;
    let free = this.limit - this.held;
    if (free <= 0) return false;
    const entitled = party.kept > 0;
    for (const other of this.parties) {
      if (other === party) continue;
      const first = ahead(party, other);
      // Among those with an unmet guarantee only the others' guarantees count; they come before all else.
      free -= entitled ? Math.min(first, other.kept) : Math.max(first, other.kept);
    }
    for (const other of party.accounts) if (other !== account) free -= ahead(account, other);
    return free > 0;
  }

  #waitMore(account: Account, n: number): void {
    this.want += n;
    for (const claim of [account, account.party] satisfies Claim[]) {
      if (claim.want === 0) claim.turn = ++this.#turn;
      claim.want += n;
    }
  }

  #waitLess(account: Account, n: number): void {
    const less = Math.min(n, account.want);
    this.want -= less;
    for (const claim of [account, account.party] satisfies Claim[]) {
      claim.want -= less;
      if (claim.want === 0) claim.turn = Infinity;
    }
  }
}

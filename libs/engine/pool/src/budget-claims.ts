import type { PressureListener } from './budget-pressure.js';

/** Somebody who holds permits of a budget and may wait for more. */
export class Claim {
  held = 0;
  /** Permits it waits for. */
  want = 0;
  /** Its place among those who wait: who came earlier has the smaller number. */
  turn = Infinity;
}

/** One owner. The budget keeps no reference to the owner itself. */
export class Account extends Claim {
  /** The round in which its claim was made, or repeated last. */
  round = 0;
  /** Permits that it said it would give back. */
  leaving = 0;
  /** What it was told last, see {@link PressureListener}. */
  target = Infinity;
  asked = 0;
  press: PressureListener | undefined = undefined;

  constructor(readonly party: Party) {
    super();
  }
}

/** Those who have one part of a budget together: a lone owner, or all owners of a share. */
export class Party extends Claim {
  /** Those who hold or want something, or listen. */
  readonly accounts = new Set<Account>();

  constructor(
    /** Permits that are kept for it. */
    public min: number,
    readonly name: string | undefined,
  ) {
    super();
  }

  /** Permits that are kept for it and not taken. */
  get kept(): number {
    return Math.max(0, this.min - this.held);
  }
}

/** How many permits `other` gets before `me` gets one: who holds less comes first, then who waits longer. */
export function ahead(me: Claim, other: Claim): number {
  const behind = me.held - other.held + (other.turn < me.turn ? 1 : 0);
  return Math.min(other.want, Math.max(0, behind));
}

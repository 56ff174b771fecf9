import type { Account } from './budget-claims.js';
import type { Ledger } from './budget-ledger.js';
import { fairShares } from './fair-shares.js';

/**
 * Told to somebody who holds permits that others wait for, and again when it changes.
 *
 * - `target`: hold no more than this many while others wait; give back the rest as soon as it is free, although
 *   own callers wait. `Infinity` when there is no such bound.
 * - `wanted`: this many permits others could use at once; give back what is idle, own guarantees excepted, also
 *   what becomes idle later. `0` when nobody waits any more.
 *
 * Returns how many permits are being given back because of `wanted`, so that nobody else is asked for the same.
 */
export type PressureListener = (target: number, wanted: number) => number;

/** Tells everybody who listens what others need of him: those first who hold most. */
export function press(ledger: Ledger): void {
  const listening: Account[] = [];
  for (const { accounts } of ledger.parties) {
    for (const account of accounts) if (account.press !== undefined) listening.push(account);
  }
  if (listening.length === 0) return;
  const targets = ledger.want === 0 ? undefined : targetsOf(ledger);
  let need = ledger.want - Math.max(0, ledger.limit - ledger.held);
  for (const { accounts } of ledger.parties) for (const { leaving } of accounts) need -= leaving;
  listening.sort((a, b) => b.held - a.held);
  for (const account of listening) {
    const target = targets?.get(account) ?? Infinity;
    const asked = account.want > 0 ? 0 : Math.max(0, Math.min(need, spare(account)));
    if (asked === 0 && account.asked === 0 && target === account.target) continue;
    account.target = target;
    account.asked = asked;
    const leaving = Math.min(asked, tell(account));
    account.leaving += leaving;
    need -= leaving;
  }
}

/** Permits that would help others if they came back: not those that are kept for it anyway. */
function spare({ party, held, leaving }: Account): number {
  return Math.min(held, party.held - party.min) - leaving;
}

/** What everybody should hold who holds too much. */
function targetsOf(ledger: Ledger): Map<Account, number> {
  const parties = [...ledger.parties];
  let capacity = ledger.limit;
  const demands = parties.map(({ held, want, min }) => {
    const demand = held + want;
    const least = Math.min(min, demand);
    capacity -= min - least;
    return { held, demand, least };
  });
  const targets = new Map<Account, number>();
  for (const [i, share] of fairShares(capacity, demands).entries()) {
    const { held, accounts } = parties[i]!;
    if (share >= held) continue;
    const members = [...accounts];
    const parts = fairShares(
      share,
      members.map((member) => ({ held: member.held, demand: member.held + member.want, least: 0 })),
    );
    for (const [j, part] of parts.entries()) if (part < members[j]!.held) targets.set(members[j]!, part);
  }
  return targets;
}

function tell({ press: listener, target, asked }: Account): number {
  try {
    const leaving = listener!(target, asked);
    return leaving > 0 ? Math.floor(leaving) : 0;
  } catch {
    return 0;
  }
}

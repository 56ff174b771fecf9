/** What {@link fairShares} knows of each of those who share. */
export interface Demand {
  readonly held: number;
  /** What it gets in any case; at most `demand`. */
  readonly least: number;
  /** What it holds and wants, together. */
  readonly demand: number;
}

/**
 * Max-min fairness: everybody gets what he demands, or as much as the others. What cannot be divided goes to
 * those who hold it already, so that nothing is moved without need.
 */
export function fairShares(capacity: number, demands: readonly Demand[]): number[] {
  const at = (level: number): number[] => demands.map((d) => Math.min(d.demand, Math.max(d.least, level)));
  let low = 0;
  let high = demands.reduce((most, { demand }) => Math.max(most, demand), 0);
  while (low < high) {
    const level = Math.ceil((low + high) / 2);
    if (sum(at(level)) <= capacity) low = level;
    else high = level - 1;
  }
  const shares = at(low);
  const rest = capacity - sum(shares);
  const open = demands.map((_, i) => i).filter((i) => shares[i] === low && demands[i]!.demand > low);
  open.sort((a, b) => Number(demands[b]!.held > low) - Number(demands[a]!.held > low));
  for (const i of open.slice(0, Math.max(0, rest))) shares[i]!++;
  return shares;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

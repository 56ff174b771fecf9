import type { Recording, Sample } from './recording.js';
import { direct } from './clusters.js';

/** What callers were told of their writes, against what the server has. */
export interface Audit {
  readonly acknowledged: number;
  /** Acknowledged, and not there. */
  readonly lost: number;
  /** Told as not done, and there. */
  readonly phantom: number;
  /** Told as unknown. */
  readonly unknown: number;
  /** Failed without a word about the outcome. */
  readonly untold: number;
}

/** The numbers of `written` that a node has, from `first` on. */
export async function writtenOn(node: { readonly url: string }, first = 0): Promise<ReadonlySet<number>> {
  const rows = await direct<{ id: number }>(node.url, `SELECT id FROM written WHERE id >= ${first}`);
  return new Set(rows.map(({ id }) => id));
}

export function audit({ writes }: Recording, there: ReadonlySet<number>): Audit {
  const count = (fits: (one: Sample) => boolean): number => writes.filter(fits).length;
  return {
    acknowledged: count(({ code }) => code === ''),
    lost: count(({ code, id }) => code === '' && !there.has(id)),
    phantom: count(({ told, id }) => told === 'not done' && there.has(id)),
    unknown: count(({ told }) => told === 'unknown'),
    untold: count(({ code, told }) => code !== '' && told !== 'unknown' && told !== 'not done'),
  };
}

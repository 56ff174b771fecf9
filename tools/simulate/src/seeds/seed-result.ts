/** What one seed did, and whether everything was as it must be. */
export interface SeedResult {
  readonly seed: number;
  /** Two runs of a seed are the same run when this is equal. */
  readonly hash: number;
  readonly operations: number;
  readonly faults: number;
  /** What was asked for, by what became of it. */
  readonly counts: Readonly<Record<string, number>>;
  /** The first thing that was wrong. */
  readonly violation: string | undefined;
  /** What happened, where it was recorded. */
  readonly lines: readonly string[];
}

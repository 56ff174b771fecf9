/** Reasons counted apart; a caller who puts an id into each of them must not fill the memory. */
const MOST_REASONS = 32;

/** What happened since the pool was made. Counted once, where it happens; everything else is derived. */
export class Counters {
  acquired = 0;
  created = 0;
  createErrors = 0;
  timeouts = 0;
  cancelled = 0;
  refused = 0;
  failedChecks = 0;
  leaks = 0;
  misuses = 0;
  reclaimed = 0;
  shed = 0;
  /** Without a prototype: reasons are texts of the caller, `constructor` may be one. */
  readonly closedBy = Object.create(null) as Record<string, number>;

  closed(reason: string): void {
    const known = reason in this.closedBy || Object.keys(this.closedBy).length < MOST_REASONS;
    const key = known ? reason : 'other';
    this.closedBy[key] = (this.closedBy[key] ?? 0) + 1;
  }
}

/** How a transaction begins. */
export interface Begin {
  /** As SQLite knows it. */
  readonly text: string;
  /** Writes are refused until its end. */
  readonly readOnly: boolean;
}

const STANDARD =
  /^\s*BEGIN(?:\s+TRANSACTION)?((?:\s*,?\s*(?:ISOLATION\s+LEVEL\s+[A-Z ]+?|READ\s+ONLY|DEFERRABLE))*)\s*;?\s*$/i;
const READ_ONLY = /READ\s+ONLY/i;

/**
 * The statement for a BEGIN in the words of standard SQL; `undefined` for one in SQLite's own words (`BEGIN EXCLUSIVE`, …), which stays
 * as it is. Every isolation level is served: SQLite only has the strictest. A transaction that may write takes the lock for that
 * at once: one that finds out later that somebody else has written since it began to read can only fail.
 */
export function beginOf(text: string, mayWrite: boolean): Begin | undefined {
  const modes = STANDARD.exec(text)?.[1];
  if (modes === undefined) return undefined;
  const readOnly = READ_ONLY.test(modes);
  return { text: mayWrite && !readOnly ? 'BEGIN IMMEDIATE' : 'BEGIN', readOnly };
}

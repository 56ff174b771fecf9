/** What exactly went wrong, for those who branch on it; the same words for every kind of server. */
export type FaultKind =
  | 'unique-violation'
  | 'foreign-key-violation'
  | 'not-null-violation'
  | 'check-violation'
  | 'exclusion-violation'
  | 'invalid-value'
  | 'deadlock'
  | 'serialization-failure'
  | 'lock-timeout'
  | 'statement-timeout'
  | 'cancelled'
  | 'read-only'
  | 'transaction-failed'
  | 'syntax-error'
  | 'undefined-table'
  | 'undefined-column'
  | 'undefined-function'
  | 'permission-denied'
  | 'authentication-failed'
  | 'too-many-connections'
  | 'out-of-resources';

/** What went wrong with a statement or a session, on three axes that are independent of each other. */
export interface Fault {
  /** What kind of thing went wrong. */
  readonly category:
    | 'connection'
    | 'auth'
    | 'role'
    | 'overload'
    | 'conflict'
    | 'constraint'
    | 'syntax'
    | 'timeout'
    | 'cancelled'
    | 'resource'
    | 'other';
  /** How much of it is unusable now: only the statement, its transaction, its session, or the whole node. */
  readonly scope: 'statement' | 'transaction' | 'session' | 'node';
  /** What is known about the effect. `unknown` must never be repeated by a machine. */
  readonly outcome: 'not-sent' | 'rolled-back' | 'committed' | 'unknown';
  /** The driver's own error. */
  readonly cause: unknown;
  /** The server's own code, where it gave one (SQLSTATE for Postgres). */
  readonly sqlState?: string;
  /** What exactly it was, where that has a name. */
  readonly kind?: FaultKind;
  /** The server's words without any value of a parameter or a row. Default: the message of the cause. */
  readonly words?: string;
  /** What the server advises, without values. */
  readonly hint?: string;
  /** The constraint that was violated, where the server named one. */
  readonly constraint?: string;
  /** The table, where the server named one. */
  readonly table?: string;
  /** The column, where the server named one. */
  readonly column?: string;
  /** The schema of the table, where the server named one. */
  readonly schema?: string;
}

import type { Fault, FaultContext, FaultKind } from '@nest-pooling/sql';

const CATEGORY: Readonly<Partial<Record<FaultKind, Fault['category']>>> = {
  'unique-violation': 'constraint',
  'foreign-key-violation': 'constraint',
  'not-null-violation': 'constraint',
  'check-violation': 'constraint',
  'exclusion-violation': 'constraint',
  deadlock: 'conflict',
  'serialization-failure': 'conflict',
  'lock-timeout': 'timeout',
  'statement-timeout': 'timeout',
  cancelled: 'cancelled',
  'read-only': 'role',
  'syntax-error': 'syntax',
  'undefined-table': 'syntax',
  'undefined-column': 'syntax',
  'undefined-function': 'syntax',
  'too-many-connections': 'overload',
  'out-of-resources': 'resource',
};

/** An error as the driver of a server raises it. */
class FakeServerError extends Error {
  override readonly name = 'FakeServerError';

  constructor(readonly fault: Omit<Fault, 'cause'>) {
    super(fault.words ?? fault.kind ?? 'the server refused the statement');
  }
}

/**
 * What a server would fail with, as an answer of a `FakeSql`: `sqlFault('unique-violation', { constraint: 'orders_pkey' })`. The caller
 * gets the error of the pool that belongs to it, as from a real server.
 *
 * @param kind What exactly went wrong; it says which category and scope the fault has.
 * @param parts Replaces or adds parts of the fault. An `outcome` of `unknown` makes of a failed COMMIT one that nobody knows about.
 */
export function sqlFault(kind: FaultKind, parts: Partial<Omit<Fault, 'kind' | 'cause'>> = {}): Error {
  const category = CATEGORY[kind] ?? 'other';
  const scope = category === 'conflict' || kind === 'transaction-failed' ? 'transaction' : 'statement';
  return new FakeServerError({ category, scope, outcome: 'rolled-back', ...parts, kind });
}

/** What an error means that the fake server answered with; one of the test's own has undone the statement and nothing else. */
export function faultOf(cause: unknown, { sent }: FaultContext): Fault {
  if (cause instanceof FakeServerError) return { ...cause.fault, cause };
  return { category: 'other', scope: 'statement', outcome: sent ? 'rolled-back' : 'not-sent', cause };
}

/** The session was cut, as for a time that is over. */
export function lost(): Error {
  return new FakeServerError({
    category: 'connection',
    scope: 'session',
    outcome: 'unknown',
    words: 'the session is over',
  });
}

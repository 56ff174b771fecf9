import type { Fault, FaultKind } from './fault.js';

/** What whoever reads the message can do. */
const NEXT: Readonly<Partial<Record<FaultKind, string>>> = {
  deadlock: 'Lock rows in the same order everywhere, or let the transaction be retried (retry).',
  'serialization-failure': 'Let the transaction be retried (retry): nothing of it has happened.',
  'lock-timeout':
    'Somebody else holds the lock: make transactions shorter, or raise the lock timeout of the session.',
  'statement-timeout': 'Make the statement faster, or raise the statement timeout of the session.',
  'read-only': "Writes need the primary, and a transaction that is not read-only: access: 'write'.",
  'transaction-failed': 'An earlier statement of the transaction had failed; look for its error.',
  'undefined-table': 'Check the migrations, and the search_path of the session.',
  'too-many-connections':
    'The pools of all copies of all services together want more than the server allows: lower max, share a budget, or use a proxy.',
  'permission-denied': 'Grant it to the user of the pool.',
  'authentication-failed': 'Check the user and the password of the pool.',
  'out-of-resources': 'The server has no disk or memory left: look at its log.',
};

/** The fact, the server's own code, and the next step: without any value of a parameter. */
export function messageOf(fault: Fault): string {
  const { sqlState, kind, hint } = fault;
  const fact = wordsOf(fault).replace(/[.\s]+$/, '');
  const next = hint ?? (kind === undefined ? undefined : NEXT[kind]);
  return `${fact}${sqlState === undefined ? '' : ` (${sqlState})`}.${next === undefined ? '' : ` ${next}`}`;
}

/** The fact alone. */
export function wordsOf({ words, cause }: Fault): string {
  if (words !== undefined) return words;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}

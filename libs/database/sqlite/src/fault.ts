import type { Fault, FaultContext } from '@nest-pooling/sql';
import {
  CommitRolledBackError,
  LockedForTooLongError,
  ResetFailedError,
  ScriptFailedError,
  SessionClosedError,
  SqliteError,
  TransactionRolledBackError,
} from './errors.js';
import { meaningOfCode, type Meaning } from './meanings.js';
import { nameOf, resultCodeOf } from './result-codes.js';
import { wordsOf } from './words.js';

/**
 * Says what an error of SQLite, or of this package, means, on the three axes of {@link Fault}. `sqlState` is the name of the result code,
 * such as `SQLITE_CONSTRAINT_UNIQUE`.
 *
 * SQLite's word is nearly always final, since it runs in our own process: what it refused has not happened. The outcome is `unknown`
 * only where the disk failed in a COMMIT, and for a text of several statements.
 */
export function sqliteFault(error: unknown, during: FaultContext): Fault {
  if (error instanceof LockedForTooLongError) {
    return {
      ...faultOf(error.cause, during),
      category: 'overload',
      scope: 'statement',
      cause: error,
      words: error.message,
    };
  }
  if (error instanceof ScriptFailedError) {
    return { ...faultOf(error.cause, during), outcome: 'unknown', cause: error };
  }
  return faultOf(error, during);
}

function faultOf(error: unknown, during: FaultContext): Fault {
  const code = resultCodeOf(error);
  if (code === undefined) return { ...meaningOfOwn(error), cause: error };
  const message = messageOf(error);
  const words = wordsOf(code, message);
  const meaning = meaningOfCode(code, words.kind);
  return { ...meaning, outcome: outcomeOf(meaning, during), cause: error, sqlState: nameOf(code), ...words };
}

function outcomeOf(meaning: Meaning, during: FaultContext): Fault['outcome'] {
  if (!during.sent) return 'not-sent';
  return during.committing && meaning.category === 'resource' ? 'unknown' : 'rolled-back';
}

function meaningOfOwn(error: unknown): Pick<Fault, 'category' | 'scope' | 'outcome' | 'kind'> {
  if (error instanceof SessionClosedError)
    return { category: 'connection', scope: 'session', outcome: 'not-sent' };
  if (error instanceof ResetFailedError)
    return { category: 'connection', scope: 'session', outcome: 'rolled-back' };
  if (error instanceof CommitRolledBackError)
    return { category: 'other', scope: 'transaction', outcome: 'rolled-back' };
  if (error instanceof TransactionRolledBackError) {
    return { category: 'other', scope: 'transaction', outcome: 'rolled-back', kind: 'transaction-failed' };
  }
  if (error instanceof SqliteError) return { category: 'other', scope: 'statement', outcome: 'not-sent' };
  const { name } = (error ?? {}) as { readonly name?: unknown };
  if (name === 'AbortError') return { category: 'cancelled', scope: 'session', outcome: 'not-sent' };
  return { category: 'other', scope: 'statement', outcome: 'rolled-back' };
}

function messageOf(error: unknown): string {
  const { message } = error as { readonly message?: unknown };
  return typeof message === 'string' ? message : '';
}

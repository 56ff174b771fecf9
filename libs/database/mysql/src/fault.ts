import type { Fault, FaultContext } from '@nest-pooling/sql';
import {
  CancelFailedError,
  CommitRolledBackError,
  LoginRefusedError,
  MysqlError,
  ResetFailedError,
  RoleChangedError,
  SessionLostError,
  TransactionRolledBackError,
} from './errors.js';
import { meaningOfCode, meaningOfServer, type Meaning } from './meanings.js';
import { serverWords } from './server-words.js';

/** An error that the server sent. */
export interface ServerError extends Error {
  readonly errno: number;
  readonly sqlState: string;
}

/** The server's errors carry a SQLSTATE, which Node's errors, whose numbers are negative, do not. */
export function isServerError(error: unknown): error is ServerError {
  const { errno, sqlState } = (error ?? {}) as { errno?: unknown; sqlState?: unknown };
  return typeof errno === 'number' && errno > 0 && typeof sqlState === 'string';
}

/**
 * Says what an error of mysql2, of Node's sockets or of this package means, on the three axes of {@link Fault}. The role
 * matters: a server that calls itself read-only on what should be the primary's route puts its session in doubt.
 *
 * The outcome `unknown` is given to whatever may have taken effect although no answer came: a write whose connection
 * was lost, a COMMIT above all. The read lane's sessions are read-only, so that a loss there changes nothing
 * (`rolled-back`).
 */
export function mysqlFault(error: unknown, during: FaultContext): Fault {
  const meaning = meaningOf(error, during);
  const { category, scope, kind } = meaning;
  const axes = {
    category,
    scope,
    outcome: outcomeOf(error, meaning, during),
    cause: error,
    ...(kind === undefined ? {} : { kind }),
  };
  if (!isServerError(error)) return axes;
  const { errno, sqlState, message } = error;
  // What refuses a connection before it is one has no SQLSTATE.
  return { ...axes, ...(sqlState === '' ? {} : { sqlState }), ...serverWords(errno, message) };
}

function meaningOf(error: unknown, during: FaultContext): Meaning {
  if (error instanceof SessionLostError) return meaningOfLoss(error, during);
  if (error instanceof RoleChangedError) return { category: 'role', scope: 'session' };
  if (error instanceof CommitRolledBackError) return { category: 'other', scope: 'transaction' };
  if (error instanceof TransactionRolledBackError) {
    return { category: 'other', scope: 'transaction', kind: 'transaction-failed', unsent: true };
  }
  if (error instanceof LoginRefusedError) {
    return { category: 'auth', scope: 'node', kind: 'authentication-failed', unsent: true };
  }
  if (error instanceof ResetFailedError || error instanceof CancelFailedError) {
    return { category: 'connection', scope: 'session', lost: true };
  }
  if (error instanceof MysqlError) return { category: 'other', scope: 'statement', unsent: true };
  const { name, message, code } = wordsOf(error);
  if (isServerError(error)) return meaningOfAnswer(error, during);
  if (name === 'AbortError') return { category: 'cancelled', scope: 'session' };
  if (name === 'TimeoutError') return { category: 'timeout', scope: 'session' };
  return meaningOfCode(code, message) ?? { category: 'other', scope: 'statement' };
}

/** The cause of the loss may say that the whole node is in trouble; that we cut the connection says nothing of it. */
function meaningOfLoss(error: SessionLostError, during: FaultContext): Meaning {
  if (error.deliberate) return { category: 'connection', scope: 'session', lost: true };
  const inner = error.cause === undefined ? undefined : meaningOf(error.cause, during);
  if (inner?.category === 'timeout' && inner.lost) return inner;
  return { category: 'connection', scope: inner?.scope === 'session' ? 'session' : 'node', lost: true };
}

function meaningOfAnswer({ errno, sqlState, message }: ServerError, during: FaultContext): Meaning {
  const known = meaningOfServer(errno, sqlState, message) ?? { category: 'other', scope: 'statement' };
  const { lane, role } = during;
  // What a session or a transaction was made read-only for says nothing about the server.
  const server = errno === 1290 || errno === 1836;
  if (known.category === 'role' && server && lane === 'write' && role !== 'replica') {
    // On the primary's route the session can no longer be trusted to reach the primary.
    return { ...known, scope: 'session' };
  }
  return known.category === 'conflict' && role === 'replica' ? { ...known, scope: 'statement' } : known;
}

function outcomeOf(error: unknown, meaning: Meaning, during: FaultContext): Fault['outcome'] {
  if (!during.sent || meaning.unsent) return 'not-sent';
  if (during.lane !== 'write') return 'rolled-back';
  // The server's word on a statement is final, unless the connection ended with it: then the word may have come
  // after the effect.
  const final = isServerError(error) && !meaning.lost;
  const ours =
    meaning.category === 'role' || (meaning.category === 'other' && meaning.scope === 'transaction');
  return final || ours ? 'rolled-back' : 'unknown';
}

/** Read from whatever looks like an error: one from another realm is no `instanceof Error` here. */
function wordsOf(error: unknown): {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
} {
  const { name, message, code, errors } = (error ?? {}) as Record<
    'name' | 'message' | 'code' | 'errors',
    unknown
  >;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  // A name with several addresses, none of which answered.
  const first: unknown = Array.isArray(errors) ? (errors as unknown[])[0] : undefined;
  const own = typeof code === 'string' ? code : undefined;
  return {
    name: text(name),
    message: text(message),
    code: own ?? (first === undefined ? undefined : wordsOf(first).code),
  };
}

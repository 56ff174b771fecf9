import type { Fault, FaultContext } from '@nest-pooling/sql';
import {
  CancelFailedError,
  CommitRolledBackError,
  LoginRefusedError,
  PostgresError,
  ResetFailedError,
  RoleChangedError,
  SessionLostError,
} from './errors.js';
import { HostUnfitError, NoHostError } from './host-errors.js';
import { meaningOfCode, meaningOfMessage, meaningOfPooler, type Meaning } from './meanings.js';
import { kindOf, serverWords } from './server-words.js';
import { hasSurvived } from './survived.js';

const SQLSTATE = /^[0-9A-Z]{5}$/;

/**
 * Says what an error of pg, of Node's sockets or of this package means, on the three axes of {@link Fault}. The role
 * matters: a 40001 on a replica is a conflict with replay and passes on another node; a 25006 on what should be the
 * primary puts its session in doubt.
 *
 * The outcome `unknown` is given to whatever may have taken effect although no answer came: a write whose connection
 * was lost, a COMMIT above all. The read lane's sessions are read-only, so that a loss there changes nothing
 * (`rolled-back`).
 */
export function postgresFault(error: unknown, during: FaultContext): Fault {
  const code = codeOf(error);
  const sqlState = isServerError(error) ? code : undefined;
  const meaning = meaningOf(error, code, sqlState, during);
  const { category, scope } = meaning;
  const axes = { category, scope, outcome: outcomeOf(meaning, sqlState, during), cause: error };
  if (sqlState === undefined) return axes;
  // A pooler tells most things by one code.
  const kind = category === 'overload' ? 'too-many-connections' : kindOf(sqlState, category === 'timeout');
  const words = serverWords(error as ServerError, sqlState, wordsOf(error).message);
  return { ...axes, sqlState, ...(kind === undefined ? {} : { kind }), ...words };
}

function meaningOf(
  error: unknown,
  code: string | undefined,
  sqlState: string | undefined,
  during: FaultContext,
): Meaning {
  if (error instanceof SessionLostError) return meaningOfLoss(error, during);
  if (error instanceof RoleChangedError) return { category: 'role', scope: 'session' };
  if (error instanceof CommitRolledBackError) return { category: 'other', scope: 'transaction' };
  if (error instanceof LoginRefusedError) return { category: 'auth', scope: 'node', unsent: true };
  if (error instanceof HostUnfitError || error instanceof NoHostError) return meaningOfHosts(error);
  if (error instanceof ResetFailedError || error instanceof CancelFailedError) {
    return { category: 'connection', scope: 'session', lost: true };
  }
  if (error instanceof PostgresError) return { category: 'other', scope: 'statement', unsent: true };
  const { name, message } = wordsOf(error);
  if (sqlState !== undefined) return meaningOfState(error as ServerError, sqlState, message, during);
  if (name === 'AbortError') return { category: 'cancelled', scope: 'session' };
  if (name === 'TimeoutError') return { category: 'timeout', scope: 'session' };
  return (
    (code && meaningOfCode(code)) || meaningOfMessage(message) || { category: 'other', scope: 'statement' }
  );
}

/** All of them answered and none is what is wanted: that is about roles, as long as a failover lasts. */
function meaningOfHosts(error: HostUnfitError | NoHostError): Meaning {
  const unfit =
    error instanceof HostUnfitError || error.reasons.every(({ error: one }) => one instanceof HostUnfitError);
  return { category: unfit ? 'role' : 'connection', scope: 'node', unsent: true };
}

/** The cause of the loss may say that the whole node is in trouble; that we cut the connection says nothing of it. */
function meaningOfLoss(error: SessionLostError, during: FaultContext): Meaning {
  if (error.deliberate) return { category: 'connection', scope: 'session', lost: true };
  const { cause } = error;
  const inner = cause === undefined ? undefined : meaningOf(cause, codeOf(cause), stateOf(cause), during);
  return { category: 'connection', scope: inner?.scope === 'session' ? 'session' : 'node', lost: true };
}

function meaningOfState(error: ServerError, state: string, message: string, during: FaultContext): Meaning {
  const meaning = meaningByRole(state, message, during) ?? meaningOfCode(state) ?? meaningOfMessage(message);
  const known: Meaning = meaning ?? { category: 'other', scope: 'statement' };
  if (hasSurvived(error)) return ofSurvived(known, state);
  // Whatever it was, the server closes the connection after a FATAL.
  const fatal = error.severity === 'FATAL' || error.severity === 'PANIC';
  if (!fatal) return known;
  const scope = known.scope === 'node' ? 'node' : 'session';
  return { ...known, scope, lost: during.sent };
}

/** The connection is well, so the error is about the statement alone. */
function ofSurvived(known: Meaning, state: string): Meaning {
  const { category, scope } = known;
  // The session itself may be well and lead to the wrong server all the same.
  if (scope === 'statement' || scope === 'transaction' || category === 'role') return known;
  const own = state === '08P01' ? 'syntax' : 'resource';
  return { ...known, category: category === 'connection' ? own : category, scope: 'statement', lost: false };
}

function meaningByRole(state: string, message: string, { lane, role }: FaultContext): Meaning | undefined {
  switch (state) {
    case '25006':
      // On the primary's route the session can no longer be trusted to reach the primary.
      return { category: 'role', scope: lane === 'write' && role !== 'replica' ? 'session' : 'statement' };
    case '40001':
    case '40P01':
      return { category: 'conflict', scope: role === 'replica' ? 'statement' : 'transaction' };
    case '25000':
    case '55000':
      // What a standby says to functions that only a primary can answer.
      return /recovery/.test(message) ? { category: 'role', scope: 'statement' } : undefined;
    case '57014':
      return { category: /timeout/.test(message) ? 'timeout' : 'cancelled', scope: 'statement' };
    case '08P01':
      return meaningOfPooler(message);
    default:
      return undefined;
  }
}

function outcomeOf(meaning: Meaning, sqlState: string | undefined, during: FaultContext): Fault['outcome'] {
  if (!during.sent || meaning.unsent) return 'not-sent';
  const readOnly = during.lane !== 'write';
  if (meaning.unknown) return 'unknown';
  // The server's word on a statement is final, unless the connection ended with it: then the word may have come
  // after the effect.
  const final = sqlState !== undefined && !meaning.lost;
  const ours =
    meaning.category === 'role' || (meaning.category === 'other' && meaning.scope === 'transaction');
  return final || readOnly || ours ? 'rolled-back' : 'unknown';
}

interface ServerError extends Error {
  readonly code: string;
  readonly severity: string;
}

/** The server's errors carry a severity, which Node's errors with five-letter codes (`EPIPE`) do not. */
function isServerError(error: unknown): error is ServerError {
  const { severity } = (error ?? {}) as { severity?: unknown };
  return typeof severity === 'string' && SQLSTATE.test(codeOf(error) ?? '');
}

function stateOf(error: unknown): string | undefined {
  return isServerError(error) ? error.code : undefined;
}

function codeOf(error: unknown): string | undefined {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  // A name with several addresses, none of which answered.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : undefined;
}

/** Read from whatever looks like an error: one from another realm is no `instanceof Error` here. */
function wordsOf(error: unknown): { readonly name: string; readonly message: string } {
  const { name, message } = (error ?? {}) as { name?: unknown; message?: unknown };
  return { name: typeof name === 'string' ? name : '', message: typeof message === 'string' ? message : '' };
}

import { contextKey, getContext, runInContext } from '@nest-pooling/core';
import type { SqlConnection } from './sql-pool.js';

/** Whose connection is lent in this asynchronous flow; the frames of other pools lie further out. */
interface AmbientFrame {
  readonly owner: object;
  /** `undefined` after `outside()`. */
  connection: SqlConnection | undefined;
  readonly outer: AmbientFrame | undefined;
}

const ambientKey = contextKey<AmbientFrame>('sql.ambient');

/** The connection that calls on `owner` take part in, if any. */
export function ambientConnection(owner: object): SqlConnection | undefined {
  for (let frame = getContext(ambientKey); frame !== undefined; frame = frame.outer) {
    if (frame.owner === owner) return frame.connection;
  }
  return undefined;
}

/** Whether calls on `owner` take part in a transaction here; a session that is merely lent is none. */
export function inTransaction(owner: object): boolean {
  const connection = ambientConnection(owner) as { readonly inTransaction?: boolean } | undefined;
  return connection?.inTransaction === true;
}

/** Whether calls on some pool take part in a transaction here. */
export function inAnyTransaction(): boolean {
  const left = new Set<object>();
  for (let frame = getContext(ambientKey); frame !== undefined; frame = frame.outer) {
    // A frame further out is hidden by one of the same pool.
    if (!left.has(frame.owner) && inTransaction(frame.owner)) return true;
    left.add(frame.owner);
  }
  return false;
}

/** Runs `fn` in a flow in which calls on `owner` take part in `connection`; in none if it is `undefined`. */
export function withAmbient<R>(owner: object, connection: SqlConnection | undefined, fn: () => R): R {
  return runInContext(ambientKey, { owner, connection, outer: getContext(ambientKey) }, fn);
}

/**
 * The same for a connection that stands for another one until that is there: `fn` is given the function that puts it in its place, for
 * the whole flow, what has gone off from it included.
 */
export function withReplaceable<R>(
  owner: object,
  connection: SqlConnection,
  fn: (replace: (connection: SqlConnection) => void) => R,
): R {
  const frame: AmbientFrame = { owner, connection, outer: getContext(ambientKey) };
  return runInContext(ambientKey, frame, () => fn((real) => (frame.connection = real)));
}

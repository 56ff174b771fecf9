import type { LentConnection } from './lent-connection.js';
import type { LentSession, Refusal } from './lent-session.js';
import type { SqlError } from './errors.js';
import type { SqlConnection, TransactionOptions } from './sql-pool.js';
import type { StatementLimits } from './statement-limits.js';
import { SqlOutcomeUnknownError, SqlTransactionFailedError } from './transaction-errors.js';
import { beginText } from './transaction-options.js';
import { watched } from './transaction-watch.js';

/** Begins, runs `work` in `level`, and commits or rolls back. Without an outer one the session is its own, and the pool cleans it. */
export async function runTransaction<R>(
  level: LentConnection,
  work: (tx: SqlConnection) => Promise<R>,
  options: TransactionOptions | undefined,
  limits: StatementLimits | undefined,
): Promise<R> {
  const { session, outer } = level;
  session.failure = undefined;
  session.cutOff = false;
  const maxMs = options?.maxTransactionMs ?? session.node.policy.maxTransactionMs;
  const watch = watched(level, limits, maxMs, options);
  // Whoever lent the session may have ended before this: then it is somebody else's.
  const gone = (): SqlError | undefined => outer?.severed();
  const body = async (): Promise<R> => {
    await session.command(beginText(options), gone);
    const result = await level.lendTo(work);
    // A statement that nobody awaited belongs to the transaction all the same.
    await level.end();
    return result;
  };
  try {
    const result = await (watch === undefined ? body() : watch.race(body()));
    watch?.throwIfOver();
    watch?.stop();
    await commit(session, gone);
    return result;
  } catch (error) {
    watch?.stop();
    level.sever(error);
    if (gone() === undefined) await rollback(session, outer, watch?.fired !== undefined);
    throw error;
  } finally {
    session.levels.leave(level);
  }
}

async function commit(session: LentSession, gone: Refusal): Promise<void> {
  session.throwIfFailed();
  const { node, failure } = session;
  try {
    await session.commit(gone);
  } catch (error) {
    const { fault } = error as SqlError;
    if (fault?.outcome === 'unknown') throw new SqlOutcomeUnknownError(node.id, fault);
    // The server answered with a rollback, though it had not said that the transaction had failed.
    const rolledBack = fault?.category === 'other' && fault.scope === 'transaction';
    throw rolledBack ? new SqlTransactionFailedError(node.id, failure ?? (error as SqlError)) : error;
  }
}

const nothing = (): undefined => undefined;

async function rollback(
  session: LentSession,
  outer: LentConnection | undefined,
  timeIsOver: boolean,
): Promise<void> {
  const { entry } = session;
  if (entry.broken) return;
  const quiet = entry.quarantine === undefined;
  if (outer === undefined && (timeIsOver || !quiet)) {
    // The pool rolls back before anybody else has the session. Nobody waits for that: the caller's time is over.
    session.stream?.abandon();
    return;
  }
  // COMMIT was answered, or BEGIN refused: nothing is open.
  if (quiet && entry.session.state === 'idle' && session.idle) return;
  void session.stream?.letGo();
  // Should it fail, nobody knows what state the session is in; the error that led here is the one that matters.
  const rolled = session.command('ROLLBACK', nothing).catch(() => (entry.broken = true));
  if (!timeIsOver) await rolled;
}

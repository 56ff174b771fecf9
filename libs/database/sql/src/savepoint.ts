import type { LentConnection } from './lent-connection.js';
import type { SqlConnection, TransactionOptions } from './sql-pool.js';
import type { StatementLimits } from './statement-limits.js';
import { watched } from './transaction-watch.js';

/** Runs `work` in `level`, inside the transaction `outer`: what it did is undone when it rejects, the outer one goes on. */
export async function runSavepoint<R>(
  outer: LentConnection,
  level: LentConnection,
  work: (tx: SqlConnection) => Promise<R>,
  options: TransactionOptions | undefined,
  limits: StatementLimits | undefined,
): Promise<R> {
  const { session } = outer;
  const name = `np_${++session.savepoints}`;
  // The scope's deadline is watched for the whole transaction already.
  const own = options?.timeoutMs !== undefined || options?.signal !== undefined;
  const watch = watched(level, own ? limits : undefined, Infinity, options);
  let begun = false;
  const body = async (): Promise<R> => {
    await session.command(`SAVEPOINT ${name}`, outer.severed);
    begun = true;
    const result = await level.lendTo(work);
    await level.end();
    session.throwIfFailed();
    await session.command(`RELEASE SAVEPOINT ${name}`, outer.severed);
    return result;
  };
  try {
    return await (watch === undefined ? body() : watch.race(body()));
  } catch (error) {
    level.sever(error);
    // Should this fail, the outer transaction fails at its next statement, with the server's own reason.
    const undone = begun && outer.severed() === undefined ? undo(outer, name) : undefined;
    if (watch?.fired === undefined) await undone;
    throw error;
  } finally {
    watch?.stop();
    session.levels.leave(level);
  }
}

function undo({ session, severed }: LentConnection, name: string): Promise<unknown> {
  return session.command(`ROLLBACK TO SAVEPOINT ${name}`, severed).catch(() => {});
}

import type { Timer } from '@nest-pooling/core';
import { toSqlError } from './run-statement.js';
import type { NodeSession } from './node-session.js';
import type { SqlNode } from './sql-node.js';

/** A session that is not quiet by then is given up: a new one costs a few milliseconds. */
const LIMIT_MS = 2_000;
/** So often, and after such a pause each time, a pooler is told again. */
const MAX_AGAIN = 3;
const AGAIN_MS = 150;
/** What a session is asked after a cancel: when this has ended, a late one cannot hit anybody any more. */
const BARRIER = { text: 'SELECT 1' };

/** What a quarantine waits for, and does when it has come. */
export interface Interrupted {
  /** Settles when what was interrupted has ended on the session. */
  readonly running: Promise<unknown>;
  /** Ends what is left of it, once nothing can be hit any more. */
  readonly finish?: () => Promise<unknown>;
}

/**
 * Cancels what runs on a session, and keeps the session apart until it is certain that the cancel hits nobody else: the server has closed
 * the connection that brought it, what ran has ended, and one round trip has absorbed an interruption that came late. The session is
 * as good as before then; a new one would cost twenty queries. Behind a proxy none of this is certain: the session is given up.
 *
 * A session in quarantine has {@link NodeSession.quarantine}; it settles in every case, and never rejects.
 */
export function quarantine(node: SqlNode, entry: NodeSession, interrupted: Interrupted): void {
  const { scheduler } = node.env;
  entry.quarantine = new Promise((resolve) => {
    let over = false;
    const end = (fit: boolean): void => {
      if (over) return;
      over = true;
      timer.cancel();
      entry.quarantine = undefined;
      entry.endQuarantine = undefined;
      if (!fit || entry.broken) {
        entry.broken = true;
        entry.session.destroy();
      }
      resolve();
    };
    entry.endQuarantine = () => end(false);
    const timer = scheduler.after(LIMIT_MS, () => scheduler.afterIo(() => end(false)));
    quiet(node, entry, interrupted).then(end, () => end(false));
  });
}

async function quiet(node: SqlNode, entry: NodeSession, { running, finish }: Interrupted): Promise<boolean> {
  const { session } = entry;
  if (!node.driver.can.cancel) return false;
  await session.cancel();
  if (node.options.target.proxied) {
    await untilCancelled(node, entry, running);
    return false;
  }
  await running.catch(() => {});
  // A late cancel comes as an error of this; what else it may say is told by the session's state.
  await session.execute(BARRIER).catch((error: unknown) => toSqlError(node, entry, error, false));
  // It may fail as what it ends has failed.
  if (!entry.broken) await finish?.().catch(() => {});
  return true;
}

/**
 * A pooler drops the cancel of a statement that still waits for a server there. It may begin in the very moment in which the session is
 * given up, and nothing would ever end it: so it is cancelled again until it has ended.
 */
async function untilCancelled(node: SqlNode, entry: NodeSession, running: Promise<unknown>): Promise<void> {
  const { scheduler } = node.env;
  let ended = false;
  const end = running.then(
    () => (ended = true),
    () => (ended = true),
  );
  for (let again = 0; again < MAX_AGAIN && !ended; again++) {
    let timer: Timer | undefined;
    const pause = new Promise<void>((resolve) => (timer = scheduler.after(AGAIN_MS, resolve)));
    await Promise.race([end, pause]);
    timer?.cancel();
    if (!ended) await entry.session.cancel().catch(() => {});
  }
}

import type { SqlSession } from '@nest-pooling/sql';
import { SessionBusyError } from './errors.js';
import { askPortal } from './page-query.js';
import type { Wire } from './wire.js';
import type { PgStatement } from './wire-query.js';

/** What a stream is made from. */
export interface StreamParts {
  readonly node: string;
  readonly session: Pick<SqlSession, 'state' | 'commit' | 'destroy'>;
  readonly wire: Wire;
  /** Called when the first page is asked for. */
  readonly statement: () => PgStatement;
  readonly portal: string;
  readonly rows: number;
  readonly pipelined: boolean;
  /** What follows BEGIN; '' for nothing. */
  readonly begin: string;
}

/**
 * Reads a statement page by page through a named portal. Each page ends with a Sync: the server's statement timeout
 * starts anew with it, and its errors come at the page that they belong to. Portals live in a transaction, so one
 * is opened where there is none; it is committed when the reader has had enough, since the statement may write, and
 * rolled back after an error.
 */
export async function* streamPortal(parts: StreamParts): AsyncGenerator<readonly unknown[], void, undefined> {
  const { wire, session, portal, rows } = parts;
  if (wire.running > 0) throw new SessionBusyError(parts.node, wire.running);
  const statement = parts.statement();
  const own = session.state === 'idle';
  let suspended = false;
  let failed = false;
  try {
    const begun = own
      ? wire.send({ text: parts.begin === '' ? 'BEGIN' : `BEGIN; ${parts.begin}` })
      : undefined;
    // Both leave together; should BEGIN fail, the page fails by the same cause.
    begun?.catch(() => {});
    if (!parts.pipelined) await begun;
    for (let step: 'open' | 'next' = 'open'; ; step = 'next') {
      const page = await askPortal(wire, statement, { name: portal, rows, step });
      suspended = page.suspended;
      if (page.rows.length > 0) yield page.rows;
      if (!suspended) break;
    }
  } catch (error) {
    failed = true;
    throw error;
  } finally {
    if (session.state !== 'broken') await end();
  }

  async function end(): Promise<void> {
    if (!own) {
      // After an error the transaction is the caller's to end, and the portal ends with it.
      if (suspended && !failed) await askPortal(wire, statement, { name: portal, rows, step: 'close' });
    } else if (failed) await wire.send({ text: 'ROLLBACK' }).catch(() => session.destroy());
    else await session.commit();
  }
}

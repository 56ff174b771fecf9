import type { RawResult } from '@nest-pooling/sql';
import { quoted } from './identifiers.js';

/** A reset leaves a session in the database that its borrower has chosen by USE: goes back to its own. Rejects where it has none. */
export async function backToDatabase(
  wire: { query(command: { readonly sql: string }): Promise<RawResult> },
  database: string | undefined,
): Promise<void> {
  if (database !== undefined) {
    await wire.query({ sql: `USE ${quoted(database)}` });
    return;
  }
  const { rows } = await wire.query({ sql: 'SELECT DATABASE() AS chosen' });
  const [row] = rows as { chosen: string | null }[];
  if (row?.chosen !== null) {
    throw new Error(
      'its borrower has chosen a database, and a session that began without one cannot go back to none',
    );
  }
}

import type { RawResult } from '@nest-pooling/sql';
import type { Column, OkHeader } from './connection.js';
import { changesRows } from './verb.js';

const NO_ROWS: readonly never[] = [];

/** What the server said at the end of a result without rows. */
export function isHeader(result: unknown): result is OkHeader {
  return (
    typeof result === 'object' && result !== null && 'serverStatus' in result && 'affectedRows' in result
  );
}

/** The result of a statement that changes something. */
export function resultOfHeader({ affectedRows, insertId }: OkHeader, command: string): RawResult {
  const rowCount = changesRows(command) ? affectedRows : null;
  const base = { rows: NO_ROWS, rowCount, command, fields: NO_ROWS };
  return insertId === 0 || insertId === '0' ? base : { ...base, insertId };
}

/** The result of a statement that returns rows. */
export function resultOfRows(
  rows: readonly unknown[],
  fields: readonly Column[],
  command: string,
): RawResult {
  return { rows, rowCount: rows.length, command, fields };
}

/** The server's status in the header of an answer, the last one where there are several. Rows alone have none. */
export function statusOf(result: unknown): number | undefined {
  if (isHeader(result)) return result.serverStatus;
  // Rows may look like anything, but what mysql2 makes of them is never of its own class.
  const last: unknown = Array.isArray(result) ? (result as unknown[]).at(-1) : undefined;
  return isHeader(last) && last.constructor.name === 'ResultSetHeader' ? last.serverStatus : undefined;
}

/** What mysql2 answers: a header, rows and their columns, or lists of these. Of several results (a CALL) the last one that has rows counts. */
export function resultOf(result: unknown, columns: unknown, command: string): RawResult {
  if (isHeader(result)) return resultOfHeader(result, command);
  const fields = (columns ?? NO_ROWS) as readonly (Column | readonly Column[] | undefined)[];
  const results = result as readonly unknown[];
  const several = fields.length === 0 || fields[0] === undefined || Array.isArray(fields[0]);
  if (!several) return resultOfRows(results, fields as readonly Column[], command);
  const at = fields.findLastIndex((one) => one !== undefined);
  if (at >= 0) {
    return resultOfRows(results[at] as readonly unknown[], fields[at] as readonly Column[], command);
  }
  const header = results.at(-1);
  return isHeader(header) ? resultOfHeader(header, command) : resultOfRows(NO_ROWS, NO_ROWS, command);
}

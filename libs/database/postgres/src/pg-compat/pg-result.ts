import pg from 'pg';

/** What a statement has answered, with the columns as the server tells them. */
interface Answer {
  readonly rows: readonly unknown[];
  readonly rowCount: number | null;
  readonly command: string;
  readonly fields: readonly object[];
}

/** The same as `pg.Result`. */
export function pgResult({ rows, rowCount, command, fields }: Answer, rowMode = ''): pg.QueryResult {
  const result = new pg.Result(rowMode, pg.types);
  result.rows = rows as never;
  result.rowCount = rowCount;
  result.command = command;
  // The server tells one with an INSERT only, and it is none since tables have no such column.
  result.oid = command === 'INSERT' ? 0 : (null as never);
  // Those of a prepared statement are known once for all of its results.
  result.fields = fields.slice() as never;
  return result;
}

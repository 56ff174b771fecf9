import type { Field, RawResult, Statement } from '@nest-pooling/sql';
import type { Bindable, Database } from './database.js';
import { makerOf, type PreparedStatement } from './statements.js';

const NO_ROWS: readonly never[] = [];
const NO_FIELDS: readonly Field[] = [];

/** Runs a prepared statement to its end. */
export function runPrepared(
  db: Database,
  prepared: PreparedStatement,
  values: readonly Bindable[],
  { rowMode, maxRows }: Pick<Statement, 'rowMode' | 'maxRows'>,
): RawResult {
  const command = prepared.verb;
  switch (prepared.kind) {
    case 'rows': {
      const result = rowsResult(prepared, read(prepared, values, maxRows), rowMode);
      // Node 22 counts the columns before it notices that somebody has altered the table.
      if (result !== undefined) return result;
      return rowsResult(prepared, read(prepared, values, maxRows), rowMode)!;
    }
    case 'script':
      db.exec(prepared.text);
      break;
    case 'changes':
      return { rows: NO_ROWS, rowCount: prepared.prepared!.run(values), command, fields: NO_FIELDS };
    case 'command':
      prepared.prepared!.run(values);
      break;
    case 'empty':
  }
  return { rows: NO_ROWS, rowCount: null, command, fields: NO_FIELDS };
}

function read(
  prepared: PreparedStatement,
  values: readonly Bindable[],
  maxRows: number | undefined,
): readonly (readonly unknown[])[] {
  const all = maxRows === undefined || maxRows === Infinity;
  return all ? prepared.prepared!.all(values) : some(prepared, values, maxRows);
}

/** One more than allowed is enough to know that there are too many. What writes has to come to its end. */
function some(
  { prepared, reads }: PreparedStatement,
  values: readonly Bindable[],
  maxRows: number,
): readonly (readonly unknown[])[] {
  if (!reads) return prepared!.all(values).slice(0, maxRows + 1);
  const cursor = prepared!.iterate(values);
  const rows: (readonly unknown[])[] = [];
  for (let row = cursor.next(); row !== undefined; row = cursor.next()) {
    rows.push(row);
    if (rows.length > maxRows) {
      cursor.close();
      break;
    }
  }
  return rows;
}

function rowsResult(
  prepared: PreparedStatement,
  values: readonly (readonly unknown[])[],
  rowMode: Statement['rowMode'],
): RawResult | undefined {
  const maker = values.length === 0 ? prepared.maker! : makerOf(prepared, values[0]!);
  // Only what reads is kept, and can be run again.
  if (values.length > 0 && values[0]!.length !== maker.names.length && prepared.reads) return undefined;
  const rows = maker.rows(values, rowMode);
  return {
    rows,
    rowCount: rows.length,
    command: prepared.verb,
    fields: maker.fields,
  };
}

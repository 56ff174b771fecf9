import { defined, Problems } from '@nest-pooling/core';
import { ambientConnection, SqlPool, type SqlConnection, type SqlRow } from '@nest-pooling/sql';
import { checkName, quoted, quotedTable } from './identifiers.js';
import { chunksOf, type Chunk, type InsertRow } from './insert-rows.js';

/** Options of {@link insertMany}. */
export interface InsertManyOptions {
  /** The columns, in the order of rows that are arrays. Default: those of the first row, which must be an object. */
  readonly columns?: readonly string[];
  /**
   * What becomes of a row that a unique column refuses: `error` (the default) undoes all, `ignore` leaves that row out (by INSERT IGNORE, which
   * also lets through what does not fit its column, cut to what does).
   */
  readonly onConflict?: 'error' | 'ignore';
  /** Columns of the inserted rows to answer with, `'*'` for all. Default: none. MariaDB only. */
  readonly returning?: readonly string[] | '*';
  /** The total time, waiting for a session included, in milliseconds. Default: none. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts; nothing is inserted then. */
  readonly signal?: AbortSignal;
  /** Who is asking, for timeout errors and leak reports. Default: the scope's label. */
  readonly label?: string;
}

/** What {@link insertMany} has done. */
export interface InsertManyResult<Row = SqlRow> {
  /** Rows that were inserted; those that were ignored do not count. */
  readonly rowCount: number;
  /** What `returning` asked for, in the order of the rows. */
  readonly rows: readonly Row[];
  /** The id of the node that took them; `undefined` when there were none. */
  readonly node: string | undefined;
}

const KNOWN = ['columns', 'onConflict', 'returning', 'timeoutMs', 'signal', 'label'];

/**
 * Inserts many rows, all or none: in one statement where they fit into it, else in a transaction; within one, or on a connection
 * that is in one, in a savepoint. Rows go as lists of values in statements of equal size, so that the server prepares few of
 * them. Rows may come from a generator, also an asynchronous one. On tables of an engine without transactions, what was inserted stays.
 *
 * Values are taken as the parameters of a query are. A column that only some rows have is NULL in the others; one that is not
 * named at all gets its default.
 *
 * ```ts
 * await insertMany(orders, 'shop.item', [{ sku: 'tea', cents: 300 }, { sku: 'filter', cents: 250 }], { onConflict: 'ignore' });
 * ```
 *
 * @throws OptionsError that lists everything wrong with names and options
 * @throws ParametersError `SQL_PARAMETERS_INVALID` for a row that does not fit the columns, or a value that is none
 * @throws SqlError as a query or a transaction
 */
export async function insertMany<Row = SqlRow>(
  target: SqlPool | SqlConnection,
  table: string | readonly string[],
  rows: Iterable<InsertRow> | AsyncIterable<InsertRow>,
  options: InsertManyOptions = {},
): Promise<InsertManyResult<Row>> {
  const into = check(table, options);
  const pool = target instanceof SqlPool;
  const limits = defined({ timeoutMs: options.timeoutMs, signal: options.signal, label: options.label });
  const chunks = chunksOf(pool ? target.name : target.node, rows, options.columns);
  const done: { rowCount: number; rows: Row[]; node: string | undefined } = {
    rowCount: 0,
    rows: [],
    node: undefined,
  };
  const insert = async (on: SqlPool | SqlConnection, chunk: Chunk, within = {}): Promise<void> => {
    const result = await on.query<Row>(statement(into, chunk, options), chunk.values, within);
    done.rowCount += result.rowCount ?? 0;
    done.node = result.node;
    for (const row of result.rows) done.rows.push(row);
  };
  try {
    const first = await chunks.next();
    if (first.done) return done;
    let next = await chunks.next();
    if (next.done && pool && ambientConnection(target) === undefined) {
      await insert(target, first.value, limits);
    } else {
      await target.transaction(async (tx) => {
        await insert(tx, first.value);
        for (; !next.done; next = await chunks.next()) await insert(tx, next.value);
      }, limits);
    }
  } finally {
    await chunks.return(undefined);
  }
  return done;
}

/** Answers the quoted name of the table. */
function check(table: unknown, options: InsertManyOptions): string {
  const problems = new Problems();
  problems.unknown('', options, KNOWN);
  const { columns, returning } = options;
  const into = quotedTable(problems, 'table', table);
  if (columns !== undefined) checkNames(problems, 'columns', columns);
  if (returning !== undefined && returning !== '*') checkNames(problems, 'returning', returning);
  problems.oneOf('onConflict', options.onConflict, ['error', 'ignore']);
  problems.duration('timeoutMs', options.timeoutMs);
  problems.type('signal', options.signal, 'object');
  problems.type('label', options.label, 'string');
  problems.throwIfAny('insertMany');
  return into;
}

function checkNames(problems: Problems, path: string, names: unknown): void {
  if (!Array.isArray(names) || names.length === 0) {
    problems.add(path, 'must be an array of names that is not empty');
    return;
  }
  for (const [at, name] of names.entries()) checkName(problems, `${path}[${at}]`, name);
  if (new Set(names).size < names.length) problems.add(path, 'names a column twice');
}

function statement(
  into: string,
  { columns, values }: Chunk,
  { onConflict, returning }: InsertManyOptions,
): string {
  const row = `(${columns.map(() => '?').join(', ')})`;
  const rows = Array.from({ length: values.length / columns.length }, () => row).join(', ');
  const verb = onConflict === 'ignore' ? 'INSERT IGNORE' : 'INSERT';
  const wanted = typeof returning === 'string' ? returning : returning?.map(quoted).join(', ');
  const list = columns.map(quoted).join(', ');
  return `${verb} INTO ${into} (${list}) VALUES ${rows}${wanted === undefined ? '' : ` RETURNING ${wanted}`}`;
}

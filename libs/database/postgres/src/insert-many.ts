import { Problems } from '@nest-pooling/core';
import { ambientConnection, SqlPool, type SqlConnection, type SqlRow } from '@nest-pooling/sql';
import { given } from './given.js';
import { checkName, quoted, quotedTable } from './identifiers.js';
import { loadPg, preparerOf } from './pg.js';
import { RowWriter, type InsertRow } from './row-json.js';

/** Options of {@link insertMany}. */
export interface InsertManyOptions {
  /** The columns, in the order of rows that are arrays. Default: those of the first row, which must be an object. */
  readonly columns?: readonly string[];
  /** What becomes of a row that a unique column refuses: `error` (the default) undoes all, `ignore` leaves that row out. */
  readonly onConflict?: 'error' | 'ignore';
  /** Columns of the inserted rows to answer with, `'*'` for all. Default: none. */
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
/** What is sent at a time: more is not faster, and needs more memory on both sides. */
const CHUNK_ROWS = 5_000;
const CHUNK_CHARACTERS = 2_000_000;

/**
 * Inserts many rows, all or none: in one statement where they fit into it, else in a transaction; within one, or on a connection
 * that is in one, in a savepoint. Rows go as one JSON parameter, which the server reads by the types of the table: faster than an
 * INSERT with a list of values, for less of our own CPU and without its limit of 65,535 parameters, and ON CONFLICT and RETURNING work, which COPY has not. Rows may come from a generator, also an asynchronous one.
 *
 * Names mean exactly what they say, capitals included. Values are taken as the parameters of a query are, with one difference:
 * in columns of JSON objects, arrays and texts are what they are, so that a text becomes a JSON string. A column that
 * only some rows have is NULL in the others; one that is not named at all gets its default.
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
  const prepare = preparerOf(await loadPg());
  const chunks = chunksOf(pool ? target.name : target.node, rows, options.columns, prepare);
  const done: { rowCount: number; rows: Row[]; node: string | undefined } = {
    rowCount: 0,
    rows: [],
    node: undefined,
  };
  const insert = async (
    on: SqlPool | SqlConnection,
    { columns, json }: Chunk,
    limits = {},
  ): Promise<void> => {
    const result = await on.query<Row>(statement(into, columns, options), [json], limits);
    done.rowCount += result.rowCount ?? 0;
    done.node = result.node;
    for (const row of result.rows) done.rows.push(row);
  };
  try {
    const first = await chunks.next();
    if (first.done) return done;
    let next = await chunks.next();
    if (next.done && pool && ambientConnection(target) === undefined) {
      await insert(target, first.value, limitsOf(options));
    } else {
      await target.transaction(async (tx) => {
        await insert(tx, first.value);
        for (; !next.done; next = await chunks.next()) await insert(tx, next.value);
      }, limitsOf(options));
    }
  } finally {
    await chunks.return(undefined);
  }
  return done;
}

/** Rows that are sent together. */
interface Chunk {
  readonly columns: readonly string[];
  readonly json: string;
}

async function* chunksOf(
  node: string,
  rows: Iterable<InsertRow> | AsyncIterable<InsertRow>,
  known: readonly string[] | undefined,
  prepare: (value: unknown) => unknown,
): AsyncGenerator<Chunk, undefined, undefined> {
  let columns = known;
  let writer: RowWriter | undefined;
  for await (const row of rows) {
    columns ??= columnsOf(row);
    writer ??= new RowWriter(node, columns, prepare);
    writer.add(row);
    if (writer.length >= CHUNK_ROWS || writer.size >= CHUNK_CHARACTERS)
      yield { columns, json: writer.take() };
  }
  if (writer !== undefined && writer.length > 0) yield { columns: columns!, json: writer.take() };
  return undefined;
}

function columnsOf(row: unknown): readonly string[] {
  const problems = new Problems();
  const columns = typeof row === 'object' && row !== null && !Array.isArray(row) ? Object.keys(row) : [];
  if (columns.length === 0)
    problems.add('columns', 'must be given where the first row is no object that has some');
  for (const [at, name] of columns.entries()) checkName(problems, `columns[${at}]`, name);
  problems.throwIfAny('insertMany');
  return columns;
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

/** The server makes rows of the type of the table, so that every column's text is read as its own type reads it. */
function statement(
  into: string,
  columns: readonly string[],
  { onConflict, returning }: InsertManyOptions,
): string {
  const list = columns.map(quoted).join(', ');
  const ignored = onConflict === 'ignore' ? ' ON CONFLICT DO NOTHING' : '';
  const wanted = typeof returning === 'string' ? returning : returning?.map(quoted).join(', ');
  return (
    `INSERT INTO ${into} (${list}) SELECT ${list} FROM json_populate_recordset(NULL::${into}, $1)${ignored}` +
    (wanted === undefined ? '' : ` RETURNING ${wanted}`)
  );
}

function limitsOf({ timeoutMs, signal, label }: InsertManyOptions): {
  timeoutMs?: number;
  signal?: AbortSignal;
  label?: string;
} {
  return given({ timeoutMs, signal, label });
}

import { Problems } from '@nest-pooling/core';
import { ParametersError } from './errors.js';
import { checkName } from './identifiers.js';
import { wireValue } from './parameters.js';

/** A row: its values by column, or in the order of `columns`. */
export type InsertRow = Readonly<Record<string, unknown>> | readonly unknown[];

/** Rows that are sent together. */
export interface Chunk {
  readonly columns: readonly string[];
  /** Row after row. */
  readonly values: readonly unknown[];
}

/** What is sent at a time: more is not faster, and a packet of a server has 16 MB as it comes, or 4. */
const ROWS = 500;
const PARAMETERS = 20_000;
const BYTES = 2_000_000;

/** Gathers rows. */
export async function* chunksOf(
  node: string,
  rows: Iterable<InsertRow> | AsyncIterable<InsertRow>,
  known: readonly string[] | undefined,
): AsyncGenerator<Chunk, undefined, undefined> {
  let columns = known;
  let values: unknown[] = [];
  let bytes = 0;
  let at = 0;
  for await (const row of rows) {
    columns ??= columnsOf(row);
    for (const value of valuesOf(node, row, columns, at++)) {
      values.push(value);
      bytes += sizeOf(value);
    }
    const count = values.length / columns.length;
    if (count < ROWS && values.length + columns.length <= PARAMETERS && bytes < BYTES) continue;
    yield { columns, values };
    values = [];
    bytes = 0;
  }
  if (values.length > 0) yield { columns: columns!, values };
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

function valuesOf(node: string, row: unknown, columns: readonly string[], at: number): unknown[] {
  const refuse = (what: string): never => {
    throw new ParametersError(node, `row ${at + 1} of insertMany ${what}`);
  };
  if (typeof row !== 'object' || row === null) return refuse(`is no object (${typeof row}).`);
  if (Array.isArray(row)) {
    if (row.length !== columns.length) refuse(`has ${row.length} values for ${columns.length} columns.`);
    return row.map((value, column) => wireValue(node, value, column));
  }
  const given = row as Readonly<Record<string, unknown>>;
  const strange = Object.keys(given).find((name) => !columns.includes(name));
  if (strange !== undefined) refuse(`has a column that the first row did not name: ${strange}.`);
  return columns.map((name, column) =>
    wireValue(node, Object.hasOwn(given, name) ? given[name] : undefined, column),
  );
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  return Buffer.isBuffer(value) ? value.length : 8;
}

import { types } from 'node:util';
import type { Field } from '@nest-pooling/sql';

/** Makes rows of what either library gives, for one list of columns: with a prototype, numbers for integers that fit, and Buffers. */
export class RowMaker {
  /** Copied for each row, so that all have one shape. */
  readonly #empty: Record<string, unknown>;

  /** The columns, as a result has them. */
  readonly fields: readonly Field[];

  constructor(readonly names: readonly string[]) {
    this.fields = names.map((name) => ({ name }));
    // Without a prototype while it is filled: a column may be called `__proto__`.
    const empty = Object.create(null) as Record<string, unknown>;
    for (const name of names) empty[name] = null;
    this.#empty = { ...empty };
  }

  /** Whether it is for these columns. */
  isFor(names: readonly string[]): boolean {
    return names.length === this.names.length && names.every((name, at) => name === this.names[at]);
  }

  /** All rows of a page. */
  rows(page: readonly (readonly unknown[])[], rowMode: 'object' | 'array' | undefined): readonly unknown[] {
    const rows: unknown[] = [];
    const asArrays = rowMode === 'array';
    for (const values of page) rows.push(asArrays ? this.array(values) : this.object(values));
    return rows;
  }

  /** One row as an object; of columns with one name the last counts. */
  object(values: readonly unknown[]): Record<string, unknown> {
    const { names } = this;
    const row = { ...this.#empty };
    for (let at = 0; at < values.length; at++) row[names[at]!] = valueOf(values[at]);
    return row;
  }

  /** One row as an array. */
  array(values: readonly unknown[]): unknown[] {
    const row: unknown[] = [];
    for (let at = 0; at < values.length; at++) row.push(valueOf(values[at]));
    return row;
  }
}

function valueOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value);
    // Larger ones stay bigints: as numbers they would be other values.
    return Number.isSafeInteger(number) ? number : value;
  }
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  const bytes = value as Uint8Array | ArrayBuffer;
  return types.isAnyArrayBuffer(bytes)
    ? Buffer.from(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

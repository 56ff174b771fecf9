import type { Field } from '@nest-pooling/sql';

/** A column as the server describes it; what pg's parser makes of it. */
export interface ColumnDescription extends Field {
  readonly dataTypeID: number;
  readonly format: string;
}

type Parse = (text: string) => unknown;

/** Where the parsers of types come from: pg's client, with the application's own ones. */
export interface TypeParsers {
  getTypeParser(oid: number, format?: string): Parse;
}

/** Makes rows of what the server sends, for one list of columns. */
export class RowReader {
  readonly #names: readonly string[];
  readonly #parsers: readonly Parse[];
  /** Copied for each row, so that all have one shape: filling an empty object is several times as slow. */
  readonly #empty: Record<string, unknown>;

  constructor(
    readonly fields: readonly ColumnDescription[],
    types: TypeParsers,
    private readonly asArrays: boolean,
  ) {
    this.#names = fields.map((field) => field.name);
    this.#parsers = fields.map((field) => types.getTypeParser(field.dataTypeID, field.format));
    // Without a prototype while it is filled: a column may be called `__proto__`.
    const empty = Object.create(null) as Record<string, unknown>;
    for (const name of this.#names) empty[name] = null;
    this.#empty = { ...empty };
  }

  /** Whether it reads these columns just as a new one would. */
  fits(fields: readonly ColumnDescription[], types: TypeParsers): boolean {
    const known = this.fields;
    if (known.length !== fields.length) return false;
    for (let at = 0; at < fields.length; at++) {
      const { name, dataTypeID, format } = fields[at]!;
      if (name !== known[at]!.name || this.#parsers[at] !== types.getTypeParser(dataTypeID, format))
        return false;
    }
    return true;
  }

  /** One row. What a type parser of the application throws comes through. */
  read(values: readonly (string | null)[]): unknown {
    const parsers = this.#parsers;
    if (this.asArrays) return values.map((value, at) => (value === null ? null : parsers[at]!(value)));
    const names = this.#names;
    const row = { ...this.#empty };
    for (let at = 0; at < values.length; at++) {
      const value = values[at]!;
      row[names[at]!] = value === null ? null : parsers[at]!(value);
    }
    return row;
  }
}

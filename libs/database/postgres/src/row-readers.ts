import { RowReader, type ColumnDescription, type TypeParsers } from './row-reader.js';

/** How many texts are remembered; programs that put values into their texts would make new ones for ever. */
const TEXTS = 256;

/**
 * The readers of what was described before, by the text of the statement. The server describes an unnamed statement each time, mostly with
 * the same columns, and a reader costs as much as everything else that a small answer needs here.
 */
export class RowReaders {
  readonly #objects = new Map<string, RowReader>();
  readonly #arrays = new Map<string, RowReader>();

  constructor(private readonly types: TypeParsers) {}

  /** One for these columns: the last one of this text, if nothing is different. */
  of(text: string, fields: readonly ColumnDescription[], asArrays: boolean): RowReader {
    const all = asArrays ? this.#arrays : this.#objects;
    let reader = all.get(text);
    if (reader === undefined || !reader.fits(fields, this.types)) {
      if (all.size >= TEXTS) all.clear();
      all.set(text, (reader = this.make(fields, asArrays)));
    }
    return reader;
  }

  /** One that is kept by somebody else. */
  make(fields: readonly ColumnDescription[], asArrays: boolean): RowReader {
    return new RowReader(fields, this.types, asArrays);
  }
}

import { ParametersError } from './errors.js';

/** A row to insert: values by column, or in the order of the columns. */
export type InsertRow = Readonly<Record<string, unknown>> | readonly unknown[];

/**
 * Gathers rows and writes them as JSON, from which the server makes rows again by the types of their table: one parameter,
 * however many rows and columns, and no list of types to be kept.
 */
export class RowWriter {
  /** How long the text will be, roughly. */
  size = 0;
  readonly #names: ReadonlySet<string>;
  #rows: unknown[] = [];
  #count = 0;

  constructor(
    private readonly node: string,
    private readonly columns: readonly string[],
    /** pg's way to turn a value into a text. */
    private readonly prepare: (value: unknown) => unknown,
  ) {
    this.#names = new Set(columns);
  }

  /** Rows that were added since the last text. */
  get length(): number {
    return this.#rows.length;
  }

  /**
   * Adds a row.
   * @throws ParametersError `SQL_PARAMETERS_INVALID`; it names the row and the column, never the value
   */
  add(row: InsertRow): void {
    const at = this.#count++;
    if (typeof row !== 'object' || row === null)
      throw this.#error(`row ${at} must be an object or an array.`);
    const list = Array.isArray(row);
    if (list && row.length !== this.columns.length) {
      throw this.#error(`row ${at} has ${row.length} values for ${this.columns.length} columns.`);
    }
    const given = row as Readonly<Record<string, unknown>>;
    // What is JSON already is written as it is: engines do that many times as fast.
    const asItIs = !list && this.#isJson(given, at);
    this.#rows.push(asItIs ? given : this.#converted(row, list, at));
  }

  /** The text of the rows that were added since the last one. */
  take(): string {
    const text = JSON.stringify(this.#rows);
    this.#rows = [];
    this.size = 0;
    return text;
  }

  #isJson(row: Readonly<Record<string, unknown>>, at: number): boolean {
    let own = 0;
    for (const name of Object.keys(row)) {
      if (!this.#names.has(name)) {
        throw this.#error(
          `row ${at} has a column '${name}' that neither the first row nor the option columns names.`,
        );
      }
      own++;
    }
    let present = 0;
    for (const name of this.columns) {
      const value = row[name];
      if (value !== undefined) present++;
      if (typeof value === 'string') this.size += value.length;
      else if (!isPlain(value)) return false;
    }
    this.size += 20 * this.columns.length;
    // What an instance of a class inherits is no property of its own, and how it wants to be written is its own affair.
    return present <= own && row.toJSON === undefined;
  }

  #converted(row: InsertRow, list: boolean, at: number): object {
    const converted: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const [column, name] of this.columns.entries()) {
      const value = list
        ? (row as readonly unknown[])[column]
        : (row as Readonly<Record<string, unknown>>)[name];
      try {
        const json = plain(value, this.prepare);
        this.size += 20 + sizeOf(json);
        converted[name] = json;
      } catch (error) {
        const kind = error instanceof Error ? error.name : typeof error;
        throw this.#error(`the value of '${name}' in row ${at} cannot be turned into a value (${kind}).`);
      }
    }
    return converted;
  }

  #error(what: string): ParametersError {
    return new ParametersError(this.node, what);
  }
}

function isPlain(value: unknown): boolean {
  return value === null || value === undefined || typeof value === 'boolean' || Number.isFinite(value);
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  // Throws what an object throws that cannot be written, while it is known whose it is.
  return JSON.stringify(value)?.length ?? 0;
}

/** As a parameter of a query would be, except for arrays and objects, which stay what they are. */
function plain(value: unknown, prepare: (value: unknown) => unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  // JSON knows no other numbers; their texts the server knows.
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'symbol' || typeof value === 'function') throw new TypeError('no value');
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return String.raw`\x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map((one) => plain(one, prepare));
  if (value instanceof Date || typeof (value as { toPostgres?: unknown }).toPostgres === 'function') {
    const text = prepare(value);
    return text instanceof Uint8Array ? plain(text, prepare) : text;
  }
  return value;
}

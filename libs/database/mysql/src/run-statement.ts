import type { RawResult, Statement } from '@nest-pooling/sql';
import type { Column, Command, OkHeader } from './connection.js';
import { checkCount, wireValues } from './parameters.js';
import type { PreparedStatement } from './prepared-statements.js';
import { resultOfHeader, resultOfRows } from './result.js';
import { escapable, type Unpreparable } from './unpreparable.js';
import { verbOf } from './verb.js';
import type { Wire } from './wire.js';

/** Runs statements by the protocol that suits them. */
export class Runner {
  constructor(
    private readonly node: string,
    private readonly wire: Wire,
    private readonly unpreparable: Unpreparable,
  ) {}

  /**
   * With parameters a statement is prepared, once per connection; without, it goes as a text unless it has a name. The two
   * protocols give the values of a FLOAT with different digits, so that which one it is depends on the statement alone.
   */
  run(statement: Statement): Promise<RawResult> {
    const { text, params, name, rowMode, maxRows } = statement;
    const { wire } = this;
    if (rowMode === 'array' || (maxRows !== undefined && maxRows !== Infinity)) return this.#other(statement);
    if ((params === undefined || params.length === 0) && name === undefined) return wire.query({ sql: text });
    const values = wireValues(this.node, params ?? []);
    const prepared = wire.prepared.find(text);
    return prepared === undefined ? this.#first(text, values) : this.#prepared(prepared, values);
  }

  /** What is given to mysql2 to have rows one by one, or as arrays. */
  async command({ text, params, name, rowMode }: Statement): Promise<Command & { prepared: boolean }> {
    const command = rowMode === 'array' ? { sql: text, rowsAsArray: true } : { sql: text };
    if ((params === undefined || params.length === 0) && name === undefined)
      return { ...command, prepared: false };
    const values = wireValues(this.node, params ?? []);
    const prepared = await this.#prepare(text);
    if (prepared === undefined)
      return { ...command, values: escapable(this.node, this.wire, values), prepared: false };
    checkCount(this.node, prepared.info, values);
    return { ...command, values, prepared: true };
  }

  #prepared(prepared: PreparedStatement, values: readonly unknown[]): Promise<RawResult> {
    checkCount(this.node, prepared.info, values);
    return this.wire.execute(prepared, values, () => {
      this.wire.prepared.drop(prepared.text);
      return this.#first(prepared.text, values);
    });
  }

  async #first(text: string, values: readonly unknown[]): Promise<RawResult> {
    const prepared = await this.#prepare(text);
    if (prepared === undefined)
      return this.wire.query({ sql: text, values: escapable(this.node, this.wire, values) });
    checkCount(this.node, prepared.info, values);
    return this.wire.execute(prepared, values);
  }

  /** `undefined` for what cannot be prepared. */
  async #prepare(text: string): Promise<PreparedStatement | undefined> {
    const { wire, unpreparable } = this;
    if (unpreparable.has(text)) return undefined;
    try {
      return wire.prepared.find(text) ?? (await wire.prepare(text));
    } catch (error) {
      if (unpreparable.learned(text, error)) return undefined;
      throw error;
    }
  }

  async #other(statement: Statement): Promise<RawResult> {
    const { maxRows = Infinity } = statement;
    const { connection } = this.wire;
    const { prepared, ...command } = await this.command(statement);
    const rows: unknown[] = [];
    let fields: readonly Column[] = [];
    let header: OkHeader | undefined;
    await this.wire.each(() => (prepared ? connection.execute(command) : connection.query(command)), {
      // One row more than allowed shows that there are too many; the others would only fill the memory.
      row: (row) => void (rows.length <= maxRows && rows.push(row)),
      columns: (columns) => {
        // Of several results the last one counts.
        rows.length = 0;
        fields = columns;
      },
      header: (said) => (header = said),
    });
    const verb = verbOf(statement.text);
    return fields.length === 0 && header !== undefined
      ? resultOfHeader(header, verb)
      : resultOfRows(rows, fields, verb);
  }
}

import type { PreparedInfo } from './connection.js';

/** One statement that the server has prepared on one connection. */
export interface PreparedStatement {
  readonly text: string;
  readonly info: PreparedInfo;
  /** Its first word. */
  readonly verb: string;
  lastUse: number;
}

/**
 * The prepared statements of one connection. Bounded: servers count those of all connections (`max_prepared_stmt_count`), and programs
 * that put values into their texts would make new ones for ever. The one that was used least recently is closed for a new one.
 */
export class PreparedStatements {
  readonly #byText = new Map<string, PreparedStatement>();
  #uses = 0;

  constructor(
    private readonly limit: number,
    private readonly close: (text: string) => void,
  ) {}

  /** How many there are. */
  get size(): number {
    return this.#byText.size;
  }

  find(text: string): PreparedStatement | undefined {
    const found = this.#byText.get(text);
    if (found !== undefined) found.lastUse = ++this.#uses;
    return found;
  }

  add(text: string, info: PreparedInfo, verb: string): PreparedStatement {
    if (this.#byText.size >= this.limit) this.#closeOldest();
    const statement = { text, info, verb, lastUse: ++this.#uses };
    this.#byText.set(text, statement);
    return statement;
  }

  /** The server does not know it any more, or it is of no use. */
  drop(text: string): void {
    if (this.#byText.delete(text)) this.close(text);
  }

  /** The server has forgotten all of them. */
  clear(): void {
    this.#byText.clear();
  }

  #closeOldest(): void {
    let oldest: PreparedStatement | undefined;
    for (const statement of this.#byText.values()) {
      if (oldest === undefined || statement.lastUse < oldest.lastUse) oldest = statement;
    }
    if (oldest !== undefined) this.drop(oldest.text);
  }
}

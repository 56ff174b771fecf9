import type { Client } from 'pg';
import type { Outbox } from './outbox.js';
import type { ColumnDescription, RowReader } from './row-reader.js';

/** What the server keeps of a name, in bytes: it would take two that begin with the same ones for one. */
const LONGEST_NAME = 63;
/** Statements whose names the server could not keep get such ones. */
const OWN_NAMES = 'nest_pooling_';
const FIXED = /^\s*(?:select|insert|update|delete|merge|with|values|table)\b/i;

/** How a server's knowledge of a prepared statement stands. */
type Knowledge =
  | 'unknown'
  /** The message that prepares it is on its way. */
  | 'asked'
  | 'known'
  /** It may be there or not, or be of no use any more: it is closed before it is prepared again. */
  | 'doubtful';

/** One statement that is prepared under a name on one connection. */
export interface PreparedStatement {
  /** As it was given. */
  readonly given: string;
  /** As the server knows it. */
  readonly name: string;
  readonly text: string;
  /** It always returns the same columns as long as nothing is altered; a FETCH does not. */
  readonly fixed: boolean;
  knowledge: Knowledge;
  /** What it returns; known after its first execution, and then the server need not describe it again. */
  columns: readonly ColumnDescription[] | undefined;
  /** Read its rows as objects, and as arrays. */
  objects: RowReader | undefined;
  arrays: RowReader | undefined;
  lastUse: number;
}

/**
 * The prepared statements of one connection. Bounded: each costs the server memory, and programs that put values into
 * their texts would make new ones for ever. The one that was used least recently is closed for a new one.
 */
export class PreparedStatements {
  readonly #byName = new Map<string, PreparedStatement>();
  #uses = 0;
  #renamed = 0;

  constructor(readonly limit: number) {}

  /** How many there are. */
  get size(): number {
    return this.#byName.size;
  }

  /** The statement of that name, or one that has yet to be prepared. `undefined` when the name stands for another text. */
  find(name: string, text: string): PreparedStatement | undefined {
    let found = this.#byName.get(name);
    if (found === undefined) {
      found = {
        given: name,
        name: this.#nameOf(name),
        text,
        fixed: FIXED.test(text),
        knowledge: 'unknown',
        columns: undefined,
        objects: undefined,
        arrays: undefined,
        lastUse: 0,
      };
      this.#byName.set(name, found);
    } else if (found.text !== text) return undefined;
    found.lastUse = ++this.#uses;
    return found;
  }

  /** Writes the messages that prepare a statement which is not known, and close another one if there are too many. */
  prepare(statement: PreparedStatement, outbox: Outbox): void {
    if (this.#byName.size > this.limit) this.#closeOldest(statement, outbox);
    if (statement.knowledge === 'doubtful') outbox.closeStatement(statement.name);
    outbox.parse(statement.name, statement.text);
    statement.knowledge = 'asked';
    statement.columns = undefined;
    statement.objects = undefined;
    statement.arrays = undefined;
  }

  /** The server no longer knows what it knew (DISCARD ALL, DEALLOCATE ALL, a proxy's other server). */
  forgetAll(): void {
    for (const statement of this.#byName.values()) statement.knowledge = 'doubtful';
  }

  /**
   * pg itself is about to use a name on the same connection. It prepares what is not on its own list, and the server knows a name
   * once: what is known here is put there, and what pg prepares is known here from now on.
   */
  shareWithPg(name: string, text: string, client: Client): void {
    const { parsedStatements } = client.connection as unknown as { parsedStatements: Record<string, string> };
    const known = this.#byName.get(name);
    if (known === undefined) {
      // Closed here, to make room.
      delete parsedStatements[name];
      const added = this.find(name, text)!;
      // It is closed before it is prepared here: pg may fail to prepare it.
      added.knowledge = 'doubtful';
      return;
    }
    if (known.knowledge === 'known' && known.name === name) parsedStatements[name] ??= known.text;
  }

  #nameOf(given: string): string {
    const fits = Buffer.byteLength(given) <= LONGEST_NAME && !given.includes('\0');
    return fits && !given.startsWith(OWN_NAMES) ? given : `${OWN_NAMES}${++this.#renamed}`;
  }

  #closeOldest(but: PreparedStatement, outbox: Outbox): void {
    let oldest: PreparedStatement | undefined;
    for (const statement of this.#byName.values()) {
      if (statement.knowledge === 'asked' || statement === but) continue;
      if (oldest === undefined || statement.lastUse < oldest.lastUse) oldest = statement;
    }
    if (oldest === undefined) return;
    this.#byName.delete(oldest.given);
    outbox.closeStatement(oldest.name);
  }
}

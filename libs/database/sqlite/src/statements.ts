import type { StatementClassifier } from '@nest-pooling/sql';
import { beginOf } from './begin.js';
import { rowsOf, type Database, type PreparedText } from './database.js';
import { ParametersError } from './errors.js';
import { placeholdersOf } from './placeholders.js';
import { RowMaker } from './rows.js';

/** What running a statement comes to. */
export type StatementKind =
  /** It returns rows. */
  | 'rows'
  /** It returns none, and changes some. */
  | 'changes'
  /** Neither: DDL, a setting, a transaction. */
  | 'command'
  /** Several statements in one text. */
  | 'script'
  /** Nothing at all. */
  | 'empty';

/** A text, as a connection runs it. */
export interface PreparedStatement {
  readonly kind: StatementKind;
  /** Its first word, in upper case. */
  readonly verb: string;
  /** The text for SQLite. */
  readonly text: string;
  /** How many values it wants. */
  readonly count: number;
  /** It reads and does nothing else. */
  readonly reads: boolean;
  /** It leaves a state behind that only a new connection is without. */
  readonly pins: boolean;
  /** It begins a transaction that refuses writes. */
  readonly readOnly: boolean;
  /** Others may alter what columns it has. */
  readonly star: boolean;
  /** The statement itself; scripts and empty texts have none. */
  readonly prepared: PreparedText | undefined;
  /** Makes its rows. */
  maker: RowMaker | undefined;
}

const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'REPLACE', 'UPDATE', 'DELETE', 'WITH']);
/** Longer texts are made, and rarely come twice. */
const LONGEST_TEXT = 10_000;

/** The prepared statements of one connection. Bounded: the one that was used least recently goes first. */
export class Statements {
  readonly #known = new Map<string, PreparedStatement>();

  constructor(
    private readonly node: string,
    private readonly classifier: StatementClassifier,
    private readonly limit: number,
  ) {}

  /** How many there are. */
  get size(): number {
    return this.#known.size;
  }

  /** The statement of that text, prepared before or now. */
  find(db: Database, text: string, mayWrite: boolean): PreparedStatement {
    const known = this.#known.get(text);
    if (known === undefined) return this.#remember(text, this.prepare(db, text, mayWrite));
    if (this.#known.size > this.limit / 2) {
      this.#known.delete(text);
      this.#known.set(text, known);
    }
    return known;
  }

  /** Prepares one that nobody else has. */
  prepare(db: Database, given: string, mayWrite: boolean): PreparedStatement {
    const { lane, pins, fingerprint, statements } = this.classifier.classify(given);
    const verb = /^\w*/.exec(fingerprint)![0].toUpperCase();
    const begin = verb === 'BEGIN' ? beginOf(given, mayWrite) : undefined;
    const { text, count } = placeholdersOf(this.node, begin?.text ?? given);
    const common = { verb, text, count, reads: lane === 'read', pins, readOnly: begin?.readOnly ?? false };
    if (statements !== 1) {
      if (count > 0)
        throw new ParametersError(this.node, 'several statements in one text cannot have parameters.');
      const kind = statements === 0 ? 'empty' : 'script';
      return { ...common, kind, star: false, prepared: undefined, maker: undefined };
    }
    const star = text.includes('*');
    let prepared = db.prepare(text);
    if (star && lane !== 'read') {
      // To prepare does not look whether somebody has altered a table; to run something does.
      rowsOf(db, 'SELECT 1 FROM sqlite_schema LIMIT 1');
      prepared = db.prepare(text);
    }
    const names = prepared.columns();
    const kind = names.length > 0 ? 'rows' : CHANGES.has(verb) ? 'changes' : 'command';
    const maker = kind === 'rows' ? new RowMaker(names) : undefined;
    return { ...common, kind, star, prepared, maker };
  }

  #remember(text: string, statement: PreparedStatement): PreparedStatement {
    const { prepared, star, reads, kind } = statement;
    // `RETURNING *` is prepared anew each time: it cannot be run again, should somebody have added a column.
    const altered = star && !reads && kind === 'rows';
    if (prepared === undefined || altered || text.length > LONGEST_TEXT) return statement;
    if (this.#known.size >= this.limit) {
      const oldest = this.#known.keys().next();
      if (!oldest.done) this.#known.delete(oldest.value);
    }
    this.#known.set(text, statement);
    return statement;
  }
}

/** What makes the rows of a statement that has just run: somebody may have altered a table meanwhile. */
export function makerOf(statement: PreparedStatement, row: readonly unknown[]): RowMaker {
  const maker = statement.maker!;
  if (!statement.star && row.length === maker.names.length) return maker;
  const names = statement.prepared!.columns();
  if (!maker.isFor(names)) statement.maker = new RowMaker(names);
  return statement.maker!;
}

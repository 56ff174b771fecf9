import type { FunctionEffect, SqlDialect } from './dialect.js';
import { Fingerprint } from './fingerprint.js';
import { Token, Tokenizer, type TokenKind } from './tokenizer.js';

/** What a statement's text says about where and how it may run. */
export interface Classification {
  /** `read`: exactly one statement that reads and calls nothing known to need the primary. Else `write`. */
  readonly lane: 'read' | 'write';
  /** It leaves state behind that outlives it, so that its session must be reset before another borrower. */
  readonly pins: boolean;
  /** The text without what varies between executions: values, spacing, comments, case of words. */
  readonly fingerprint: string;
  /** How many statements the text holds. */
  readonly statements: number;
}

/** Classifies one text. Pure, linear in its length, and total: any text gets an answer. */
export function analyse(text: string, dialect: SqlDialect): Classification {
  const tokens = new Tokenizer(text, dialect);
  const fingerprint = new Fingerprint();
  const reading = new Reading(dialect);
  for (let kind = tokens.next(); kind !== Token.End; kind = tokens.next()) {
    const source = text.slice(tokens.start, tokens.end);
    const piece = kind === Token.Word ? source.toLowerCase() : source;
    fingerprint.add(kind, piece);
    reading.add(kind, piece);
  }
  return {
    lane: reading.reads && !tokens.broken ? 'read' : 'write',
    pins: reading.pins,
    fingerprint: fingerprint.done(),
    statements: reading.statements,
  };
}

const CHANGES: ReadonlySet<string> = new Set(['INSERT', 'UPDATE', 'DELETE', 'MERGE']);
const ROW_LOCKS: ReadonlySet<string> = new Set(['UPDATE', 'SHARE', 'NO', 'KEY']);

/**
 * What is known so far about the tokens of one text. Where a word may mean two things, the answer is the one
 * that goes to the primary: being wrong there costs load, being wrong the other way costs an error.
 */
class Reading {
  statements = 0;
  pins = false;
  readonly #dialect: SqlDialect;
  #stage: 'start' | 'second' | 'create' | 'explain' | 'body' | 'other' = 'start';
  #first = '';
  #onlyReads = true;
  #bodySeen = false;
  #depth = 0;
  #inStatement = false;
  /** The token before the current one, if it was a word, in upper case. */
  #word = '';
  /** The token before the current one, if it was punctuation. */
  #symbol = '';
  /** The token before the current one, if a `(` would make it a function's name, in lower case. */
  #name = '';
  #pinnedBefore = false;
  /** At which depth the arguments of a `set_config` stand. */
  #configDepth = -1;

  constructor(dialect: SqlDialect) {
    this.#dialect = dialect;
  }

  get reads(): boolean {
    return this.#onlyReads && this.#bodySeen && this.statements === 1 && this.#depth === 0;
  }

  add(kind: TokenKind, piece: string): void {
    if (!this.#inStatement && piece !== ';') {
      this.#inStatement = true;
      this.statements++;
    }
    if (kind === Token.Word) {
      const word = piece.toUpperCase();
      if (this.#dialect.writeWords.has(word)) this.#onlyReads = false;
      // What follows a dot is a name, whatever it looks like.
      if (this.#symbol !== '.') this.#keyword(word);
      return this.#remember(word, '', piece);
    }
    if (kind === Token.Symbol) {
      this.#punctuation(piece);
      return this.#remember('', piece, '');
    }
    if (kind === Token.Variable) {
      this.#onlyReads = false;
      this.pins = true;
    }
    if (this.#stage === 'start') this.#other();
    this.#remember('', '', kind === Token.Quoted ? piece.slice(1, -1).toLowerCase() : '');
  }

  #remember(word: string, symbol: string, name: string): void {
    this.#word = word;
    this.#symbol = symbol;
    this.#name = name;
  }

  #keyword(word: string): void {
    switch (this.#stage) {
      case 'start':
        return this.#begin(word);
      case 'second':
        if (this.#dialect.pinning.get(this.#first)?.has(word)) this.pins = this.#pinnedBefore;
        this.#stage = 'other';
        return;
      case 'create':
        if (word === 'AS') this.#stage = 'other';
        else if (this.#dialect.temporary.has(word)) this.pins = true;
        return;
      case 'explain':
        if (this.#dialect.reads.has(word)) this.#body(word);
        else if (word === 'ANALYZE' || word === 'ANALYSE') this.#other();
        else if (this.#depth === 0 && !this.#dialect.explainOptions.has(word)) this.#other();
        return;
      case 'body':
        return this.#inBody(word);
      case 'other':
    }
  }

  #begin(word: string): void {
    if (this.#dialect.reads.has(word)) return this.#body(word);
    this.#first = word;
    if (this.#dialect.explains.has(word)) {
      this.#stage = 'explain';
      return;
    }
    this.#other();
    if (word === 'CREATE') this.#stage = 'create';
    else if (this.#dialect.pinning.has(word)) {
      this.#stage = 'second';
      this.#pinnedBefore = this.pins;
      this.pins = true;
    }
  }

  #body(word: string): void {
    this.#first = word;
    this.#stage = 'body';
    this.#bodySeen = true;
  }

  #inBody(word: string): void {
    const before = this.#word;
    if (before === 'AS') return;
    if (word === 'INTO') this.#onlyReads = false;
    else if (CHANGES.has(word)) {
      // A column may bear such a name; a statement begins at a bracket, or behind the list of a WITH.
      const begins = this.#symbol === '(' || this.#symbol === ')';
      if (begins || (this.#first === 'WITH' && this.#depth === 0)) this.#onlyReads = false;
    }
    if (before === 'FOR' && ROW_LOCKS.has(word)) this.#onlyReads = false;
    if (before === 'LOCK' && word === 'IN') this.#onlyReads = false;
    const target = before === 'INTO' || before === 'LOCAL' || before === 'GLOBAL';
    if (target && this.#dialect.temporary.has(word)) this.pins = true;
  }

  #punctuation(symbol: string): void {
    if (symbol === ';') this.#endStatement();
    else if (symbol === '(') this.#open();
    else if (symbol === ')') this.#close();
    else if (this.#stage === 'start') this.#other();
  }

  #open(): void {
    this.#depth++;
    if (this.#stage === 'create') this.#stage = 'other';
    const effect = this.#name === '' ? undefined : this.#effect(this.#name);
    if (effect === undefined) return;
    this.#onlyReads = false;
    // A set_config among the arguments of another is not told apart: it counts as pinning.
    if (effect === 'pins' || (effect === 'configures' && this.#configDepth >= 0)) this.pins = true;
    else if (effect === 'configures') this.#configDepth = this.#depth;
  }

  #close(): void {
    if (this.#depth === this.#configDepth) {
      this.#configDepth = -1;
      if (this.#word !== 'TRUE') this.pins = true;
    }
    this.#depth--;
    // More closed than opened: such a text is refused by the server; it must not count as balanced later.
    if (this.#depth < 0) this.#onlyReads = false;
  }

  #effect(name: string): FunctionEffect | undefined {
    const known = this.#dialect.functions.get(name);
    if (known !== undefined) return known;
    for (const [prefix, effect] of this.#dialect.functionPrefixes) {
      if (name.startsWith(prefix)) return effect;
    }
    return undefined;
  }

  #endStatement(): void {
    if (this.#depth !== 0) this.#onlyReads = false;
    if (this.#configDepth >= 0) this.pins = true;
    this.#stage = 'start';
    this.#inStatement = false;
    this.#depth = 0;
    this.#configDepth = -1;
  }

  #other(): void {
    this.#stage = 'other';
    this.#onlyReads = false;
  }
}

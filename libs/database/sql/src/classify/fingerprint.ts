import { Token, type TokenKind } from './tokenizer.js';

/** What is longer ends in a hash, so that fingerprints stay cheap as keys. */
const LONGEST = 2_048;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Writes a statement anew while it is read: one way of spacing, words in lower case, literals and parameters
 * as `?`, lists of them as one `?`, equal rows of VALUES as one row. Two statements that differ only in their
 * values get the same text.
 */
export class Fingerprint {
  #out = '';
  #hash = FNV_OFFSET;
  #cut = false;
  /** The row of VALUES that is being read: kept apart until it is known to differ from the one before. */
  #row: string | undefined;
  #rowComma = false;
  #previousRow = '';
  /** How many brackets are open where rows of VALUES stand; -1 outside VALUES. */
  #rowDepth = -1;
  /** A comma that is written only if what follows it is. */
  #comma = false;
  #separator = false;
  #lastKind: TokenKind = Token.End;
  #last = '';
  /** For each open bracket: whether it holds a list that is written as one value. */
  readonly #lists: boolean[] = [];

  /** Takes the next token. `piece` is the word in lower case, or the source text. */
  add(kind: TokenKind, piece: string): void {
    if (piece === ';') {
      this.#separator = true;
      return;
    }
    if (this.#separator) this.#startStatement();
    if (kind === Token.String || kind === Token.Number || kind === Token.Parameter) this.#literal();
    else if (kind === Token.Symbol) this.#symbol(piece);
    else this.#word(kind, piece);
  }

  /** The finished text. */
  done(): string {
    this.#flushRow();
    return this.#cut ? `${this.#out}…${(this.#hash >>> 0).toString(16)}` : this.#out;
  }

  #startStatement(): void {
    this.#separator = false;
    this.#flushRow();
    if (this.#last !== '') this.#emit('; ');
    this.#lists.length = 0;
    this.#rowDepth = -1;
    this.#last = '';
  }

  #literal(): void {
    if (this.#comma && this.#lists.at(-1) && this.#last === '?') this.#comma = false;
    else this.#write(Token.Parameter, '?');
  }

  #word(kind: TokenKind, piece: string): void {
    if (this.#lists.length === this.#rowDepth) this.#rowDepth = -1;
    this.#write(kind, piece);
    if (kind !== Token.Word || piece !== 'values') return;
    this.#rowDepth = this.#lists.length;
    this.#previousRow = '';
  }

  #symbol(piece: string): void {
    if (piece === '(' || piece === '[') {
      const list = piece === '[' || this.#last === 'in';
      if (piece === '(' && this.#lists.length === this.#rowDepth) this.#startRow();
      else this.#write(Token.Symbol, piece);
      this.#lists.push(list);
    } else if (piece === ')' || piece === ']') {
      this.#lists.pop();
      this.#write(Token.Symbol, piece);
      if (this.#lists.length === this.#rowDepth) this.#flushRow();
      else if (this.#lists.length < this.#rowDepth) this.#rowDepth = -1;
    } else if (piece === ',' && !this.#comma) this.#comma = true;
    else this.#write(Token.Symbol, piece);
  }

  #startRow(): void {
    this.#row = '';
    this.#rowComma = this.#comma;
    this.#comma = false;
    this.#last = '(';
    this.#lastKind = Token.Symbol;
  }

  #flushRow(): void {
    const row = this.#row;
    if (row === undefined) return;
    this.#row = undefined;
    const again = this.#rowComma && row === this.#previousRow;
    if (!again) this.#emit(`${this.#rowComma ? ', ' : ''}(${row}`);
    this.#previousRow = row;
    this.#rowComma = false;
  }

  #write(kind: TokenKind, piece: string): void {
    let text = this.#isGlued(kind, piece) ? piece : ` ${piece}`;
    if (this.#comma) text = `, ${piece}`;
    this.#comma = false;
    if (this.#row === undefined) this.#emit(text);
    else this.#row += text;
    this.#lastKind = kind;
    this.#last = piece;
  }

  #isGlued(kind: TokenKind, piece: string): boolean {
    const last = this.#last;
    if (last === '' || last === '(' || last === '[' || last === '.' || last === ':') return true;
    if (kind !== Token.Symbol) return false;
    if (piece === '(') return this.#lastKind !== Token.Symbol;
    return this.#lastKind === Token.Symbol || ')].:['.includes(piece);
  }

  #emit(text: string): void {
    const room = LONGEST - this.#out.length;
    if (text.length <= room) {
      this.#out += text;
      return;
    }
    this.#out += text.slice(0, room);
    for (let at = room; at < text.length; at++) {
      this.#hash = Math.imul(this.#hash ^ text.charCodeAt(at), FNV_PRIME);
    }
    this.#cut = true;
  }
}

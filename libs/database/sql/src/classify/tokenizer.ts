import { isDigit, isNewline, isSpace, isWordStart, lineEnd, wordEnd } from './characters.js';
import type { SqlDialect } from './dialect.js';
import { Gaps } from './gaps.js';

/** The kinds of token that the classifier tells apart. */
export const Token = {
  End: 0,
  /** An unquoted word: a keyword or an identifier. */
  Word: 1,
  /** A quoted identifier. */
  Quoted: 2,
  /** A string, of whatever quoting. */
  String: 3,
  Number: 4,
  Parameter: 5,
  /** A variable of the session, such as `@total`. */
  Variable: 6,
  /** One character of punctuation. */
  Symbol: 7,
} as const;

/** One of {@link Token}. */
export type TokenKind = (typeof Token)[keyof typeof Token];

const QUOTE = 39;
const DOUBLE_QUOTE = 34;
const BACKSLASH = 92;
const DOLLAR = 36;
const DASH = 45;

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '(': ')', '{': '}', '<': '>' };

/**
 * Cuts SQL text into tokens, skipping white space and comments. It never throws, and each call of
 * {@link next} moves on, so that it ends on any input; what is not terminated sets {@link broken}.
 */
export class Tokenizer {
  /** Where the current token starts. */
  start = 0;
  /** Where the current token ends (exclusive). */
  end = 0;
  readonly #text: string;
  readonly #dialect: SqlDialect;
  readonly #gaps: Gaps;
  #unclosed = false;

  constructor(text: string, dialect: SqlDialect) {
    this.#text = text;
    this.#dialect = dialect;
    this.#gaps = new Gaps(text, dialect);
  }

  /** Something was not terminated, or hides code from this reader: the statement must not be trusted. */
  get broken(): boolean {
    return this.#unclosed || this.#gaps.broken;
  }

  /** Moves to the next token and says what it is. */
  next(): TokenKind {
    const text = this.#text;
    const dialect = this.#dialect;
    const at = this.#gaps.skip(this.end);
    this.start = at;
    this.end = at + 1;
    if (at >= text.length) {
      this.end = at;
      return Token.End;
    }
    const code = text.charCodeAt(at);
    if (isWordStart(code)) return this.#word(at);
    if (isDigit(code)) return this.#number(at);
    const following = text.charCodeAt(at + 1);
    switch (text[at]) {
      case "'":
        return this.#string(at, QUOTE, dialect.backslashEscapes === 'always', Token.String);
      case '"':
        return dialect.doubleQuotedStrings
          ? this.#string(at, DOUBLE_QUOTE, dialect.backslashEscapes === 'always', Token.String)
          : this.#string(at, DOUBLE_QUOTE, false, Token.Quoted);
      case '`':
        return dialect.backticks ? this.#string(at, code, false, Token.Quoted) : Token.Symbol;
      case '[':
        return dialect.brackets ? this.#until(']', at + 1, Token.Quoted) : Token.Symbol;
      case '$':
        return this.#dollar(at);
      case '?':
        if (!dialect.questionParameters) return Token.Symbol;
        // SQLite numbers them: `?12`.
        while (isDigit(text.charCodeAt(this.end))) this.end++;
        return Token.Parameter;
      case ':':
        if (!dialect.namedParameters || !(isWordStart(following) || isDigit(following))) return Token.Symbol;
        this.end = wordEnd(text, at + 1);
        return Token.Parameter;
      case '@':
        return this.#at(at, following);
      case '.':
        return isDigit(following) ? this.#number(at) : Token.Symbol;
      default:
        return Token.Symbol;
    }
  }

  #word(at: number): TokenKind {
    const text = this.#text;
    const end = wordEnd(text, at);
    this.end = end;
    if (text.charCodeAt(end) !== QUOTE) return Token.Word;
    const prefix = text.slice(at, end).toLowerCase();
    if (prefix === 'e' && this.#dialect.backslashEscapes === 'prefixed') {
      return this.#string(end, QUOTE, true, Token.String);
    }
    if (this.#dialect.alternativeQuotes && (prefix === 'q' || prefix === 'nq')) {
      const open = text[end + 1] ?? '';
      return this.#until(`${CLOSING[open] ?? open}'`, end + 2, Token.String);
    }
    return Token.Word;
  }

  #string(from: number, quote: number, backslash: boolean, kind: TokenKind): TokenKind {
    const text = this.#text;
    for (let at = from + 1; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH && backslash) at++;
      else if (code === quote) {
        if (text.charCodeAt(at + 1) === quote) at++;
        else {
          const resumed = backslash && quote === QUOTE ? this.#continued(at + 1) : -1;
          if (resumed < 0) {
            this.end = at + 1;
            return kind;
          }
          at = resumed;
        }
      }
    }
    return this.#unterminated(kind);
  }

  /** `E'a'` newline `'b'` is one string: its second half takes escapes too. Answers where that half opens. */
  #continued(from: number): number {
    const text = this.#text;
    let at = from;
    let newline = false;
    for (;;) {
      const code = text.charCodeAt(at);
      if (isSpace(code)) {
        newline ||= isNewline(code);
        at++;
      } else if (newline && code === DASH && text.charCodeAt(at + 1) === DASH) at = lineEnd(text, at + 2);
      else return newline && code === QUOTE ? at : -1;
    }
  }

  #dollar(at: number): TokenKind {
    const text = this.#text;
    if (isDigit(text.charCodeAt(at + 1))) {
      this.end = at + 2;
      while (isDigit(text.charCodeAt(this.end))) this.end++;
      return Token.Parameter;
    }
    if (!this.#dialect.dollarQuotes) return Token.Symbol;
    let end = at + 1;
    while (isWordStart(text.charCodeAt(end)) || isDigit(text.charCodeAt(end))) end++;
    if (text.charCodeAt(end) !== DOLLAR) return Token.Symbol;
    return this.#until(text.slice(at, end + 1), end + 1, Token.String);
  }

  #at(at: number, following: number): TokenKind {
    if (!this.#dialect.sessionVariables) return Token.Symbol;
    if (following === 64) {
      this.end = at + 2;
      return Token.Symbol;
    }
    if (isWordStart(following) || isDigit(following)) this.end = wordEnd(this.#text, at + 1);
    return Token.Variable;
  }

  #number(at: number): TokenKind {
    const text = this.#text;
    let end = at + 1;
    for (; end < text.length; end++) {
      const code = text.charCodeAt(end);
      const sign = code === 43 || code === DASH;
      const exponent = sign && (text.charCodeAt(end - 1) | 32) === 101 && isDigit(text.charCodeAt(end + 1));
      if (!exponent && code !== 46 && !isDigit(code) && !isWordStart(code)) break;
    }
    this.end = end;
    return Token.Number;
  }

  #until(close: string, from: number, kind: TokenKind): TokenKind {
    const at = this.#text.indexOf(close, from);
    if (at < 0) return this.#unterminated(kind);
    this.end = at + close.length;
    return kind;
  }

  #unterminated(kind: TokenKind): TokenKind {
    this.#unclosed = true;
    this.end = this.#text.length;
    return kind;
  }
}

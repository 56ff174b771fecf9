import { isSpace, lineEnd } from './characters.js';
import type { SqlDialect } from './dialect.js';

const STAR = 42;
const SLASH = 47;
const DASH = 45;
const HASH = 35;

/** White space and comments between the tokens of one text. */
export class Gaps {
  /** A comment was not terminated, or holds code that the server runs. */
  broken = false;
  readonly #text: string;
  readonly #dialect: SqlDialect;

  constructor(text: string, dialect: SqlDialect) {
    this.#text = text;
    this.#dialect = dialect;
  }

  /** Where the next token starts, seen from `from`. */
  skip(from: number): number {
    const text = this.#text;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      const following = text.charCodeAt(at + 1);
      if (isSpace(code)) at++;
      else if (code === DASH && following === DASH && this.#isDashComment(at)) at = lineEnd(text, at + 2);
      else if (code === HASH && this.#dialect.hashComments) at = lineEnd(text, at + 1);
      else if (code === SLASH && following === STAR) at = this.#comment(at);
      else return at;
    }
  }

  #isDashComment(at: number): boolean {
    if (!this.#dialect.dashCommentNeedsSpace) return true;
    return at + 2 >= this.#text.length || isSpace(this.#text.charCodeAt(at + 2));
  }

  #comment(from: number): number {
    const text = this.#text;
    if (this.#dialect.executableComments && (text[from + 2] === '!' || text.startsWith('M!', from + 2))) {
      this.broken = true;
    }
    let depth = 1;
    let at = from + 2;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      const following = text.charCodeAt(at + 1);
      if (code === STAR && following === SLASH) {
        at++;
        if (--depth === 0) return at + 1;
      } else if (code === SLASH && following === STAR && this.#dialect.nestedComments) {
        at++;
        depth++;
      }
    }
    this.broken = true;
    return text.length;
  }
}

import { Token, Tokenizer } from '@nest-pooling/sql';
import { postgresDialect } from './classify.js';
import { CopyMisusedError } from './copy-errors.js';

/** Which way the data of a COPY goes: from us to the server, or to us. */
export type CopyDirection = 'in' | 'out';

/** White space and comments, then COPY. */
const BEGINS = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*copy\b/i;
const SMALL_C = 0x63;
const LETTER_A = 0x41;

/**
 * Whether a text begins with COPY. Asked for each statement, most of which begin with another letter.
 */
export function beginsWithCopy(text: string): boolean {
  const first = text.charCodeAt(0);
  if (first >= LETTER_A && (first | 0x20) !== SMALL_C) return false;
  return BEGINS.test(text);
}

/**
 * Which way the data of a statement goes; `undefined` when it is no COPY that talks to the client: one that reads or writes
 * a file of the server's is a statement like others. The server takes STDIN and STDOUT for the same.
 */
export function copyDirection(text: string): CopyDirection | undefined {
  const tokens = new Tokenizer(text, postgresDialect);
  let depth = 0;
  let before = '';
  for (let kind = tokens.next(), at = 0; kind !== Token.End; kind = tokens.next(), at++) {
    const piece = text.slice(tokens.start, tokens.end);
    const word = kind === Token.Word ? piece.toUpperCase() : '';
    if (at === 0 && word !== 'COPY') return undefined;
    if (kind === Token.Symbol && piece === '(') depth++;
    else if (kind === Token.Symbol && piece === ')') depth--;
    else if (kind === Token.Symbol && piece === ';' && depth === 0) return undefined;
    else if (depth === 0 && (word === 'STDIN' || word === 'STDOUT')) {
      if (before === 'FROM') return 'in';
      if (before === 'TO') return 'out';
    }
    before = depth === 0 ? word : '';
  }
  return undefined;
}

/** The query whose rows a COPY (…) TO sends; `undefined` when it sends a table. */
export function copiedQuery(text: string): string | undefined {
  const tokens = new Tokenizer(text, postgresDialect);
  tokens.next();
  if (tokens.next() !== Token.Symbol || text[tokens.start] !== '(') return undefined;
  const begin = tokens.end;
  let depth = 1;
  for (let kind = tokens.next(); kind !== Token.End; kind = tokens.next()) {
    if (kind !== Token.Symbol) continue;
    if (text[tokens.start] === '(') depth++;
    else if (text[tokens.start] === ')' && --depth === 0) return text.slice(begin, tokens.start);
  }
  return undefined;
}

/**
 * Refuses a COPY that talks to the client, before anything is sent: nobody gives or takes its data here.
 * @throws CopyMisusedError `SQL_COPY_MISUSED`
 */
export function refuseCopy(node: string, text: string): void {
  const direction = copyDirection(text);
  if (direction === undefined) return;
  throw new CopyMisusedError(node, 'a COPY was given as a query; nothing was sent.', direction);
}

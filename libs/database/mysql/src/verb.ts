import { Token, Tokenizer } from '@nest-pooling/sql';
import { mysqlDialect } from './classify.js';

/** Statements that change rows, and tell how many. */
const CHANGES: ReadonlySet<string> = new Set([
  'INSERT',
  'UPDATE',
  'DELETE',
  'REPLACE',
  'LOAD',
  'WITH',
  'CALL',
  'EXECUTE',
]);

/** The first word of a statement, in upper case; '' when it has none. */
export function verbOf(text: string): string {
  const tokens = new Tokenizer(text, mysqlDialect);
  for (let kind = tokens.next(); kind !== Token.End; kind = tokens.next()) {
    if (kind === Token.Word) return text.slice(tokens.start, tokens.end).toUpperCase();
    if (text[tokens.start] !== '(') return '';
  }
  return '';
}

/** Whether the number of rows that the server tells means something. */
export function changesRows(verb: string): boolean {
  return CHANGES.has(verb);
}

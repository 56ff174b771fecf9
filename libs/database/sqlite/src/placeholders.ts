import { Token, Tokenizer } from '@nest-pooling/sql';
import { sqliteDialect } from './classify.js';
import { ParametersError } from './errors.js';

/** SQLite's own limit. */
const MOST = 32_766;

/** A text as SQLite gets it, and how many values it wants. */
export interface Placeholders {
  /** With `?1` for each `$1`. */
  readonly text: string;
  /** The highest number of a placeholder. */
  readonly count: number;
}

/**
 * Reads the placeholders of a text: `?`, `?1`, and `$1`, which means the same here as on Postgres (to SQLite alone it is a name). The
 * count lets a wrong number of values be refused: SQLite takes what is missing for NULL, and libsql ignores what is too much.
 *
 * @throws ParametersError for placeholders with names, since values are given by position
 */
export function placeholdersOf(node: string, given: string): Placeholders {
  const tokens = new Tokenizer(given, sqliteDialect);
  let text = '';
  let copied = 0;
  let count = 0;
  for (let kind = tokens.next(); kind !== Token.End; kind = tokens.next()) {
    const { start, end } = tokens;
    const first = given[start];
    if (kind === Token.Parameter && first === '?') {
      count = end === start + 1 ? count + 1 : Math.max(count, Number(given.slice(start + 1, end)));
    } else if (kind === Token.Parameter && first === '$') {
      const number = given.slice(start + 1, end);
      text += `${given.slice(copied, start)}?${number}`;
      copied = end;
      count = Math.max(count, Number(number));
    } else if (kind === Token.Parameter || (kind === Token.Symbol && (first === '@' || first === '$'))) {
      throw new ParametersError(node, 'placeholders with names are not supported. Write ? or ?1 or $1.');
    }
  }
  if (count > MOST) {
    throw new ParametersError(node, `a statement can have ${MOST} parameters at most (got ${count}).`);
  }
  return { text: text + given.slice(copied), count };
}

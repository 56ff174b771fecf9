import { StatementClassifier } from '@nest-pooling/sql';
import type { PoolClient } from 'pg';
import { postgresDialect } from '../classify.js';

/** Says of texts what they do to a session; what it has seen it remembers. */
export const classifier = new StatementClassifier(postgresDialect);

/** The text of whatever `client.query` takes; `undefined` where it cannot be known. */
export function textOf(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null) return undefined;
  const { text, cursor } = given as { text?: unknown; cursor?: { text?: unknown } };
  if (typeof text === 'string') return text;
  return typeof cursor?.text === 'string' ? cursor.text : undefined;
}

/** The name that a statement is prepared under. */
export function preparedName(given: unknown): string | undefined {
  const name = typeof given === 'object' && given !== null ? (given as { name?: unknown }).name : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Calls `pinned` for each statement that leaves state behind in its session. Returns the function that ends it. */
export function watchStatements(client: PoolClient, pinned: () => void): () => void {
  const watched = client as { query?: unknown };
  const query = Reflect.get(client, 'query') as (...given: unknown[]) => unknown;
  watched.query = function watchedQuery(this: PoolClient, ...given: unknown[]): unknown {
    const text = textOf(given[0]);
    // Of a custom query nothing is known.
    if (text === undefined || classifier.classify(text).pins) pinned();
    return query.apply(client, given);
  };
  return () => {
    delete watched.query;
  };
}

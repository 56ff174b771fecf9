import type { Definition } from '@nest-pooling/core';
import type { SqlPool } from '../sql-pool.js';
import type { PoolUrls, SqlDialectEntry, UrlPoolOptions } from './dialect-entry.js';

/** A driver's entry that shows what it was asked to define. */
export function entry(kind: string, ...protocols: string[]): SqlDialectEntry {
  return {
    protocols,
    define: (urls, options) => ({ kind, urls, options }) as unknown as Definition<SqlPool>,
  };
}

/** What an entry of {@link entry} was asked to define. */
export function asked(definition: Definition<SqlPool>): {
  kind: string;
  urls: PoolUrls;
  options: UrlPoolOptions;
} {
  return definition as never;
}

export const drivers = [entry('pg', 'postgres:', 'postgresql:'), entry('my', 'mysql:', 'mariadb:')];

/** What it says is wrong. */
export function problemsOf(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    return (error as { problems: readonly string[] }).problems;
  }
  throw new Error('nothing was wrong');
}

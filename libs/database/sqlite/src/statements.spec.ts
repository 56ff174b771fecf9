import { describe, expect, it } from '@jest/globals';
import { StatementClassifier } from '@nest-pooling/sql';
import { sqliteDialect } from './classify.js';
import { loadLibrary } from './library.js';
import { Statements } from './statements.js';
import { libraries } from './temporary.fixture.js';

describe.each(libraries)('the statements of a connection, on %s', (library) => {
  it('are few, and those that are used stay', async () => {
    const db = (await loadLibrary(library))(':memory:');
    const statements = new Statements('n', new StatementClassifier(sqliteDialect), 10);
    const often = statements.find(db, 'SELECT 1 AS often', true);
    for (let n = 0; n < 100; n++) {
      statements.find(db, `SELECT ${n}`, true);
      expect(statements.find(db, 'SELECT 1 AS often', true)).toBe(often);
    }
    expect(statements.size).toBe(10);
    expect(statements.find(db, `SELECT '${'x'.repeat(20_000)}'`, true).kind).toBe('rows');
    expect(statements.find(db, 'SELECT 1; SELECT 2', true).kind).toBe('script');
    expect(statements.size).toBe(10);
    db.close();
  });

  it('begin a transaction in the words of SQLite', async () => {
    const db = (await loadLibrary(library))(':memory:');
    const statements = new Statements('n', new StatementClassifier(sqliteDialect), 10);
    const begin = (text: string, mayWrite: boolean): unknown => {
      const found = statements.prepare(db, text, mayWrite);
      return [found.text, found.readOnly];
    };
    expect(begin('BEGIN', true)).toEqual(['BEGIN IMMEDIATE', false]);
    expect(begin('BEGIN ISOLATION LEVEL REPEATABLE READ', true)).toEqual(['BEGIN IMMEDIATE', false]);
    expect(begin('BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE', true)).toEqual(['BEGIN', true]);
    expect(begin('begin transaction;', false)).toEqual(['BEGIN', false]);
    expect(begin('BEGIN DEFERRED', true)).toEqual(['BEGIN DEFERRED', false]);
    expect(begin('BEGIN EXCLUSIVE TRANSACTION', true)).toEqual(['BEGIN EXCLUSIVE TRANSACTION', false]);
    db.close();
  });
});

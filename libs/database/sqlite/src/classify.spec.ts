import { describe, expect, it } from '@jest/globals';
import { SqliteDriver } from './driver.js';

const driver = new SqliteDriver();

describe('classification of SQLite statements', () => {
  it.each([
    'SELECT * FROM orders WHERE id = ?',
    "SELECT \"a;b\", [c;d], `e;f`, 'it''s; fine' FROM t -- ; DELETE",
    'WITH RECURSIVE t AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT * FROM t',
    'VALUES (1), (2)',
    'EXPLAIN QUERY PLAN SELECT 1',
    'SELECT replace(a, ?, ?), last_insert_rowid() FROM t',
    'SELECT * FROM pragma_table_info(?)',
    '/* hint */ SELECT 1;',
  ])('reads: %s', (text) => {
    expect(driver.classify(text)).toMatchObject({ lane: 'read', pins: false, statements: 1 });
  });

  it.each([
    ['INSERT INTO t VALUES (1) RETURNING id', false],
    ['REPLACE INTO t VALUES (1)', false],
    ['WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x', false],
    ['WITH x AS (SELECT 1) DELETE FROM t WHERE id IN (SELECT * FROM x)', false],
    ['EXPLAIN DELETE FROM t', false],
    ['BEGIN', false],
    ['BEGIN IMMEDIATE', false],
    ['SAVEPOINT a', false],
    ['VACUUM', false],
    ['ANALYZE', false],
    ['PRAGMA user_version', false],
    ['PRAGMA table_info(t)', false],
    ['PRAGMA wal_checkpoint(TRUNCATE)', false],
    ['PRAGMA foreign_keys = OFF', true],
    ['PRAGMA main.cache_size', true],
    ["ATTACH 'x.db' AS x", true],
    ['DETACH x', true],
    ['CREATE TEMP TABLE a (b)', true],
    ['CREATE TEMPORARY VIEW a AS SELECT 1', true],
    ['CREATE TABLE temp.a (b)', true],
    ['CREATE TABLE a (b)', false],
    ["SELECT load_extension('x')", true],
    ['SELECT 1; SELECT 2', false],
  ])('goes to the writer: %s (pins: %s)', (text, pins) => {
    expect(driver.classify(text)).toMatchObject({ lane: 'write', pins });
  });

  it('gives statements that differ in values one fingerprint', () => {
    const { fingerprint } = driver.classify("SELECT * FROM a WHERE b IN (?, ?2) AND c = 'x'");
    expect(driver.classify("select * from a where b in (1) and c = 'y'").fingerprint).toBe(fingerprint);
  });
});

import { describe, expect, test } from '@jest/globals';
import { StatementBook, type SessionSource } from '@nest-pooling/sql';
import { MysqlDriver } from '../driver.js';
import { kindOf, leavesBehind } from './statement-kind.js';

const book = new StatementBook(new MysqlDriver());
const source = { profile: (text: string) => book.profile(text) } as SessionSource;

describe('what a connection that is bound late knows of a statement', () => {
  test.each([
    ['SELECT 1', 'reads'],
    ['(SELECT 1) UNION (SELECT 2)', 'reads'],
    ['SELECT 1 FOR UPDATE', ''],
    ["SELECT GET_LOCK('a', 1)", ''],
    ['SELECT @a', ''],
    ['INSERT INTO a VALUES (1)', ''],
    ['BEGIN', 'begins'],
    ['begin work;', 'begins'],
    ['/* x */ START TRANSACTION', 'begins'],
    ['START TRANSACTION READ ONLY', 'reads begins'],
    ['START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY', 'reads begins'],
    ['START TRANSACTION READ ONLY; DELETE FROM a', 'begins'],
    // A block of MariaDB.
    ['BEGIN NOT ATOMIC DELETE FROM a; END', ''],
    ['COMMIT', 'ends'],
    ['ROLLBACK', 'ends'],
    ['ROLLBACK TO a', ''],
    ['ROLLBACK WORK TO SAVEPOINT a', ''],
    ['SET TRANSACTION READ ONLY', ''],
    ['SET autocommit = 0', ''],
    ['LOCK TABLES a READ', ''],
  ])('%s', (text, expected) => {
    const kind = kindOf(source, text);
    const all = (['reads', 'begins', 'ends'] as const).filter((name) => kind[name]);
    expect(all.join(' ')).toBe(expected);
  });

  test('nothing, of what is no text', () => {
    expect(kindOf(source, undefined)).toMatchObject({ profile: undefined, reads: false });
  });

  test('a read that turned out to write is none any more', () => {
    const text = 'SELECT jot(1)';
    expect(kindOf(source, text).reads).toBe(true);
    book.profile(text).pace.writes = true;
    expect(kindOf(source, text).reads).toBe(false);
  });

  test.each([
    ['SELECT 1', 'nothing'],
    ['BEGIN', 'nothing'],
    ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'modes'],
    ['SET SESSION TRANSACTION READ ONLY', 'state'],
    ['SET @a = 1', 'state'],
    ['LOCK TABLES a READ', 'state'],
    ["SELECT GET_LOCK('a', 1)", 'state'],
    ['CREATE TEMPORARY TABLE a (n int)', 'state'],
  ])('%s leaves behind: %s', (text, expected) => {
    expect(leavesBehind(book.profile(text))).toBe(expected);
  });
});

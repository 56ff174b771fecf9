import { describe, expect, test } from '@jest/globals';
import { StatementBook, type SessionSource } from '@nest-pooling/sql';
import { PostgresDriver } from '../driver.js';
import { kindOf } from './statement-kind.js';

const book = new StatementBook(new PostgresDriver());
const source = { profile: (text: string) => book.profile(text) } as SessionSource;

describe('kindOf', () => {
  test.each([
    ['SELECT 1', true, false, false],
    ['SELECT 1 FOR UPDATE', false, false, false],
    ["SET work_mem = '1MB'", false, false, false],
    ['LISTEN here', false, false, false],
    ['SELECT pg_advisory_lock(1)', false, false, false],
    ['INSERT INTO t VALUES (1)', false, false, false],
    ['BEGIN', false, true, false],
    ['begin isolation level serializable', false, true, false],
    ['/* app */ START TRANSACTION', false, true, false],
    ['BEGIN READ ONLY', true, true, false],
    ['START TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY', true, true, false],
    ['BEGIN READ WRITE', false, true, false],
    ['BEGIN; SET TRANSACTION READ ONLY; INSERT INTO t VALUES (1)', false, true, false],
    ['COMMIT', false, false, true],
    ['END', false, false, true],
    ['ROLLBACK', false, false, true],
    ['ROLLBACK TO SAVEPOINT a', false, false, false],
    ['rollback work to a', false, false, false],
    ['ROLLBACK AND CHAIN', false, false, true],
    ['ABORT', false, false, true],
    ["PREPARE TRANSACTION 'x'", false, false, true],
  ])('%s', (text, reads, begins, ends) => {
    expect(kindOf(source, text)).toMatchObject({ reads, begins, ends });
    expect(kindOf(source, { text })).toMatchObject({ reads, begins, ends });
  });

  test('of a cursor and a stream it is that of their text', () => {
    expect(kindOf(source, { submit() {}, text: 'SELECT 1' }).reads).toBe(true);
    expect(kindOf(source, { submit() {}, cursor: { text: 'DELETE FROM t' } }).reads).toBe(false);
  });

  test('what tells no text may write', () => {
    expect(kindOf(source, { submit() {} })).toMatchObject({ profile: undefined, reads: false });
  });

  test('what turned out to write does not read any more', () => {
    const kind = kindOf(source, 'SELECT writes_after_all()');
    expect(kind.reads).toBe(true);
    kind.profile!.pace.writes = true;
    expect(kindOf(source, 'SELECT writes_after_all()').reads).toBe(false);
  });
});

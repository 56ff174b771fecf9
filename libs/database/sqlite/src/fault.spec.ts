import { describe, expect, it } from '@jest/globals';
import type { FaultContext } from '@nest-pooling/sql';
import {
  LockedForTooLongError,
  ScriptFailedError,
  SessionClosedError,
  TransactionRolledBackError,
} from './errors.js';
import { sqliteFault } from './fault.js';
import { reasonOf, run, Sessions } from './session.fixture.js';
import { libraries } from './temporary.fixture.js';

const sent: FaultContext = { lane: 'write', role: 'primary', sent: true, committing: false };
const SCHEMA = `
  CREATE TABLE p (id INTEGER PRIMARY KEY, u TEXT UNIQUE, a INT, b INT, n INT NOT NULL DEFAULT 1, k INT REFERENCES p (id), UNIQUE (a, b),
    CONSTRAINT positive CHECK (n > 0));
  CREATE TABLE q (u TEXT); CREATE UNIQUE INDEX lower_u ON q (lower(u)); INSERT INTO q VALUES ('x');
  CREATE TABLE strict (i INT) STRICT;
  CREATE TRIGGER no BEFORE DELETE ON p BEGIN SELECT RAISE(ABORT, 'nobody deletes'); END;
  INSERT INTO p (u, a, b) VALUES ('x', 1, 1)`;
const constraint = { category: 'constraint', scope: 'statement', outcome: 'rolled-back' };
const syntax = { category: 'syntax', scope: 'statement', outcome: 'rolled-back' };

const CASES: readonly (readonly [string, object])[] = [
  [
    "INSERT INTO p (u) VALUES ('x')",
    {
      ...constraint,
      kind: 'unique-violation',
      sqlState: 'SQLITE_CONSTRAINT_UNIQUE',
      table: 'p',
      column: 'u',
    },
  ],
  ["INSERT INTO q (u) VALUES ('X')", { ...constraint, kind: 'unique-violation', constraint: 'lower_u' }],
  ['INSERT INTO p (a, b) VALUES (1, 1)', { ...constraint, kind: 'unique-violation', table: 'p' }],
  [
    'INSERT INTO p (id) VALUES (1)',
    {
      ...constraint,
      kind: 'unique-violation',
      sqlState: 'SQLITE_CONSTRAINT_PRIMARYKEY',
      table: 'p',
      column: 'id',
    },
  ],
  ['INSERT INTO p (n) VALUES (NULL)', { ...constraint, kind: 'not-null-violation', table: 'p', column: 'n' }],
  ['INSERT INTO p (n) VALUES (-1)', { ...constraint, kind: 'check-violation', constraint: 'positive' }],
  [
    'INSERT INTO p (k) VALUES (99)',
    { ...constraint, kind: 'foreign-key-violation', sqlState: 'SQLITE_CONSTRAINT_FOREIGNKEY' },
  ],
  [
    "INSERT INTO strict VALUES ('secret')",
    { ...constraint, kind: 'invalid-value', table: 'strict', column: 'i' },
  ],
  ['DELETE FROM p', { ...constraint, sqlState: 'SQLITE_CONSTRAINT_TRIGGER', words: 'nobody deletes' }],
  [
    "INSERT INTO p (id) VALUES ('secret')",
    { ...constraint, kind: 'invalid-value', sqlState: 'SQLITE_MISMATCH' },
  ],
  ['SELEC 1', { ...syntax, kind: 'syntax-error', sqlState: 'SQLITE_ERROR' }],
  ["SELECT 1 WHERE x = = 'secret'", { ...syntax, kind: 'syntax-error' }],
  [
    "SELECT 'a' 'b' 'secret' FROM x",
    { ...syntax, kind: 'syntax-error', words: 'near a literal: syntax error' },
  ],
  ["SELECT 'secret", { ...syntax, kind: 'syntax-error', words: 'unrecognized token' }],
  ['SELECT (1', { ...syntax, kind: 'syntax-error' }],
  ['SELECT * FROM nope', { ...syntax, kind: 'undefined-table', table: 'nope' }],
  ['SELECT nope FROM p', { ...syntax, kind: 'undefined-column', column: 'nope' }],
  ['INSERT INTO p (nope) VALUES (1)', { ...syntax, kind: 'undefined-column', table: 'p', column: 'nope' }],
  ['SELECT nope()', { ...syntax, kind: 'undefined-function' }],
  ["SELECT json('secret')", { category: 'other', kind: 'invalid-value' }],
  ["SELECT json_extract('{}', 'secret')", { category: 'other', kind: 'invalid-value' }],
  [
    'SELECT abs(-9223372036854775808)',
    { category: 'other', kind: 'invalid-value', words: 'integer overflow' },
  ],
  ['CREATE TABLE p (a)', { category: 'other', scope: 'statement', sqlState: 'SQLITE_ERROR' }],
];

describe('faults', () => {
  it.each(libraries)('%s: what SQLite says is read on three axes', async (library) => {
    const sessions = new Sessions({ library });
    const session = await sessions.open();
    await run(session, SCHEMA);
    for (const [text, expected] of CASES) {
      // oxlint-disable-next-line no-await-in-loop
      const fault = sqliteFault(await reasonOf(run(session, text)), sent);
      expect({ text, fault }).toEqual({ text, fault: expect.objectContaining(expected) });
      expect(fault.words).not.toContain('secret');
      expect(session.state).toBe('idle');
    }
    await run(session, 'BEGIN READ ONLY');
    const refused = sqliteFault(await reasonOf(run(session, 'DELETE FROM strict')), sent);
    expect(refused).toMatchObject({
      category: 'role',
      scope: 'statement',
      kind: 'read-only',
      sqlState: 'SQLITE_READONLY',
    });
    await run(session, 'ROLLBACK');
    expect((await run(session, 'DELETE FROM strict')).rowCount).toBe(0);
    sessions.close();
  });

  const native = (code: number): Error =>
    Object.assign(new Error('as SQLite says'), { code: 'ERR_SQLITE_ERROR', errcode: code });

  it.each([
    [5, { category: 'conflict', scope: 'transaction', kind: 'lock-timeout', sqlState: 'SQLITE_BUSY' }],
    [
      517,
      {
        category: 'conflict',
        scope: 'transaction',
        kind: 'serialization-failure',
        sqlState: 'SQLITE_BUSY_SNAPSHOT',
      },
    ],
    [6, { category: 'conflict', scope: 'transaction', sqlState: 'SQLITE_LOCKED' }],
    [9, { category: 'cancelled', scope: 'statement', kind: 'cancelled' }],
    [10, { category: 'resource', scope: 'transaction', kind: 'out-of-resources' }],
    [11, { category: 'resource', scope: 'session', sqlState: 'SQLITE_CORRUPT' }],
    [13, { category: 'resource', scope: 'transaction', kind: 'out-of-resources', sqlState: 'SQLITE_FULL' }],
    [14, { category: 'connection', scope: 'node', sqlState: 'SQLITE_CANTOPEN' }],
    [26, { category: 'resource', scope: 'session', sqlState: 'SQLITE_NOTADB' }],
    [1032, { category: 'connection', scope: 'node', sqlState: 'SQLITE_READONLY_DBMOVED' }],
  ])('result code %d', (code, expected) => {
    expect(sqliteFault(native(code), sent)).toMatchObject({ ...expected, outcome: 'rolled-back' });
    expect(sqliteFault(native(code), { ...sent, sent: false }).outcome).toBe('not-sent');
  });

  it('a disk that fails in a COMMIT leaves the outcome open, and so does a text of several statements', () => {
    expect(sqliteFault(native(10), { ...sent, committing: true }).outcome).toBe('unknown');
    expect(sqliteFault(native(5), { ...sent, committing: true }).outcome).toBe('rolled-back');
    const script = new ScriptFailedError('n', native(2067));
    expect(sqliteFault(script, sent)).toMatchObject({
      category: 'constraint',
      outcome: 'unknown',
      cause: script,
    });
  });

  it('errors of this package', () => {
    const late = new LockedForTooLongError('n', 10, 3, native(5));
    expect(sqliteFault(late, sent)).toMatchObject({
      category: 'overload',
      scope: 'statement',
      kind: 'lock-timeout',
      outcome: 'rolled-back',
      sqlState: 'SQLITE_BUSY',
    });
    expect(sqliteFault(new SessionClosedError('n'), sent)).toMatchObject({
      category: 'connection',
      outcome: 'not-sent',
    });
    expect(sqliteFault(new TransactionRolledBackError('n', undefined), sent)).toMatchObject({
      kind: 'transaction-failed',
    });
    expect(sqliteFault(new Error('what is that'), sent)).toMatchObject({
      category: 'other',
      scope: 'statement',
    });
  });
});

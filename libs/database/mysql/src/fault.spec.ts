import { describe, expect, it } from '@jest/globals';
import type { FaultContext } from '@nest-pooling/sql';
import {
  CancelFailedError,
  CommitRolledBackError,
  LoginRefusedError,
  RoleChangedError,
  SessionLostError,
  TransactionRolledBackError,
} from './errors.js';
import { mysqlFault } from './fault.js';

const write: FaultContext = { lane: 'write', role: 'primary', sent: true, committing: false };
const read: FaultContext = { lane: 'read', role: 'replica', sent: true, committing: false };

function said(errno: number, message = 'words', sqlState = 'HY000'): Error {
  return Object.assign(new Error(message), { errno, sqlState, code: `ER_${errno}` });
}
const coded = (code: string, message = 'words'): Error =>
  Object.assign(new Error(message), { code, errno: -104, fatal: true });

describe('what the server says', () => {
  it.each([
    [1062, 'constraint', 'statement', 'unique-violation'],
    [1048, 'constraint', 'statement', 'not-null-violation'],
    [1452, 'constraint', 'statement', 'foreign-key-violation'],
    [4025, 'constraint', 'statement', 'check-violation'],
    [1366, 'other', 'statement', 'invalid-value'],
    [1213, 'conflict', 'transaction', 'deadlock'],
    [1205, 'conflict', 'transaction', 'lock-timeout'],
    [1020, 'conflict', 'transaction', 'serialization-failure'],
    [1792, 'role', 'statement', 'read-only'],
    [1836, 'role', 'session', 'read-only'],
    [1040, 'overload', 'session', 'too-many-connections'],
    [1203, 'overload', 'session', 'too-many-connections'],
    [1045, 'auth', 'node', 'authentication-failed'],
    [1142, 'auth', 'statement', 'permission-denied'],
    [1969, 'timeout', 'statement', 'statement-timeout'],
    [3024, 'timeout', 'statement', 'statement-timeout'],
    [1317, 'cancelled', 'statement', 'cancelled'],
    [1114, 'resource', 'statement', 'out-of-resources'],
    [1146, 'syntax', 'statement', 'undefined-table'],
    [1054, 'syntax', 'statement', 'undefined-column'],
    [1305, 'syntax', 'statement', 'undefined-function'],
    [1064, 'syntax', 'statement', 'syntax-error'],
    [99_999, 'other', 'statement', undefined],
  ])('%i', (errno, category, scope, kind) => {
    const fault = mysqlFault(said(errno), write);
    expect(fault).toMatchObject({ category, scope, outcome: 'rolled-back', sqlState: 'HY000' });
    expect(fault.kind).toBe(kind);
  });

  it('1290 is about the role only where the server is read-only', () => {
    const running = 'The MariaDB server is running with the';
    const only = said(1290, `${running} --read-only option so it cannot execute this statement`);
    expect(mysqlFault(only, write)).toMatchObject({ category: 'role', scope: 'session', kind: 'read-only' });
    expect(mysqlFault(only, read)).toMatchObject({ category: 'role', scope: 'statement' });
    const other = said(1290, `${running} --skip-grant-tables option so it cannot execute this statement`);
    expect(mysqlFault(other, write)).toMatchObject({ category: 'other', scope: 'statement' });
  });

  it.each([1053, 1927])('%i takes the connection with it: what it was said of may have happened', (errno) => {
    expect(mysqlFault(said(errno), write)).toMatchObject({ category: 'connection', outcome: 'unknown' });
    expect(mysqlFault(said(errno), read)).toMatchObject({ category: 'connection', outcome: 'rolled-back' });
    expect(mysqlFault(said(errno), { ...write, sent: false })).toMatchObject({ outcome: 'not-sent' });
  });

  it('a number that is not known counts as its class', () => {
    expect(mysqlFault(said(60_001, 'words', '23000'), write)).toMatchObject({ category: 'constraint' });
    expect(mysqlFault(said(60_001, 'words', '40001'), write)).toMatchObject({ category: 'conflict' });
  });
});

describe('what is said of names, and of no values', () => {
  it.each([
    [1062, "Duplicate entry 'top secret' for key 'email'", { constraint: 'email' }],
    [
      1062,
      "Duplicate entry 'it's top secret' for key 'users.email'",
      { constraint: 'email', table: 'users' },
    ],
    [1062, 'Doppelter Eintrag top secret', { words: 'Duplicate entry for a unique key' }],
    [1048, "Column 'name' cannot be null", { column: 'name' }],
    [1364, "Field 'name' doesn't have a default value", { column: 'name' }],
    [1054, "Unknown column 'nmae' in 'field list'", { column: 'nmae' }],
    [1146, "Table 'shop.items' doesn't exist", { table: 'items', schema: 'shop' }],
    [1366, "Incorrect integer value: 'top secret' for column `a`.`b`.`c` at row 1", {}],
    [
      1292,
      "Truncated incorrect DOUBLE value: 'top secret'",
      { words: "Truncated incorrect DOUBLE value: '…'" },
    ],
    [1292, 'Valeur incorrecte top secret', { words: 'A value does not fit' }],
    [
      1064,
      "syntax to use near 'WHERE a = 'top secret'' at line 2",
      { words: 'syntax to use near WHERE … at line 2' },
    ],
    [1064, "syntax to use near ''top secret'' at line 1", { words: 'syntax to use at line 1' }],
    [4025, 'CONSTRAINT `positive` failed for `shop`.`items`', { constraint: 'positive', table: 'items' }],
    [3819, "Check constraint 'positive' is violated.", { constraint: 'positive' }],
    [
      1452,
      'Cannot add or update a child row: a foreign key constraint fails (`shop`.`lines`, CONSTRAINT `of_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`))',
      { schema: 'shop', table: 'lines', constraint: 'of_order', column: 'order_id' },
    ],
  ])('%i: %s', (errno, message, wanted) => {
    const fault = mysqlFault(said(errno, message), write);
    expect(fault).toMatchObject(wanted);
    expect(fault.words).not.toContain('secret');
  });
});

describe('what Node, mysql2 and we say', () => {
  it.each(['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'PROTOCOL_CONNECTION_LOST'])(
    '%s',
    (code) => {
      expect(mysqlFault(coded(code), write)).toMatchObject({
        category: 'connection',
        scope: 'node',
        outcome: 'unknown',
      });
    },
  );

  it('an error with several reasons means what the first of them does', () => {
    const error = new AggregateError([coded('ECONNREFUSED')], 'all failed');
    expect(mysqlFault(error, { ...write, sent: false })).toMatchObject({
      category: 'connection',
      scope: 'node',
    });
  });

  it('a loss', () => {
    const lost = (cause?: unknown, deliberate = false): SessionLostError =>
      new SessionLostError('n', 'gone', { deliberate, ...(cause === undefined ? {} : { cause }) });
    expect(mysqlFault(lost(coded('ECONNRESET')), write)).toMatchObject({ scope: 'node', outcome: 'unknown' });
    expect(mysqlFault(lost(said(1927)), write)).toMatchObject({ scope: 'session', outcome: 'unknown' });
    expect(mysqlFault(lost(said(4031)), write)).toMatchObject({ category: 'timeout', scope: 'session' });
    expect(mysqlFault(lost(), write)).toMatchObject({ category: 'connection', scope: 'node' });
    expect(mysqlFault(lost(undefined, true), write)).toMatchObject({
      category: 'connection',
      scope: 'session',
    });
  });

  it('our own', () => {
    expect(mysqlFault(new RoleChangedError('n', 'replica', 'primary'), read)).toMatchObject({
      category: 'role',
    });
    expect(
      mysqlFault(new CommitRolledBackError('n', undefined), { ...write, committing: true }),
    ).toMatchObject({
      category: 'other',
      scope: 'transaction',
      outcome: 'rolled-back',
    });
    expect(mysqlFault(new TransactionRolledBackError('n', undefined), write)).toMatchObject({
      kind: 'transaction-failed',
      outcome: 'not-sent',
    });
    expect(mysqlFault(new LoginRefusedError('n', 1, 5, undefined), write)).toMatchObject({
      category: 'auth',
    });
    expect(mysqlFault(new CancelFailedError('n', 'why'), write)).toMatchObject({ category: 'connection' });
    expect(mysqlFault(new DOMException('x', 'AbortError'), write)).toMatchObject({ category: 'cancelled' });
    expect(mysqlFault(undefined, write)).toMatchObject({ category: 'other', scope: 'statement' });
  });
});

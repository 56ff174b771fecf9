import { describe, expect, it } from '@jest/globals';
import { beginOf } from './begin.js';
import type { Column, PreparedInfo } from './connection.js';
import { offsetOf } from './driver-options.js';
import { isOn, replicationOf } from './identity.js';
import { checkedMysql2 } from './mysql2.js';
import { hideOdd, oddOf, showAll } from './odd-columns.js';
import { PreparedStatements } from './prepared-statements.js';
import { resultOf, statusOf } from './result.js';
import { limitSettings, settingsStatement } from './settings.js';
import { flavourOf, replicaStatement } from './statements.js';
import { verbOf } from './verb.js';

describe('a BEGIN with modes', () => {
  it.each([
    ['BEGIN', undefined],
    ['BEGIN WORK', undefined],
    ['BEGIN READ ONLY', ['START TRANSACTION READ ONLY']],
    [
      'BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE',
      ['SET TRANSACTION ISOLATION LEVEL SERIALIZABLE', 'START TRANSACTION READ ONLY'],
    ],
    ['BEGIN ISOLATION LEVEL READ UNCOMMITTED; DROP TABLE a', undefined],
  ])('%s', (text, wanted) => expect(beginOf(text)).toEqual(wanted));
});

describe('the first word of a statement', () => {
  it.each([
    ['select 1', 'SELECT'],
    ['/* a */ -- b\n (( SELECT 1))', 'SELECT'],
    ['# c\nUpdate a', 'UPDATE'],
    ['', ''],
    ['?', ''],
  ])('%j', (text, wanted) => expect(verbOf(text)).toBe(wanted));
});

describe('prepared statements', () => {
  it('are bounded: the one that was used least recently is closed', () => {
    const closed: string[] = [];
    const statements = new PreparedStatements(2, (text) => closed.push(text));
    const info: PreparedInfo = { parameters: [], execute: () => undefined as never };
    statements.add('a', info, 'A');
    statements.add('b', info, 'B');
    expect(statements.find('a')?.verb).toBe('A');
    statements.add('c', info, 'C');
    expect(closed).toEqual(['b']);
    expect([statements.find('b'), statements.size]).toEqual([undefined, 2]);
    statements.drop('c');
    statements.drop('c');
    expect(closed).toEqual(['b', 'c']);
    statements.clear();
    expect([statements.size, closed.length]).toEqual([0, 2]);
  });
});

describe('columns that mysql2 refuses', () => {
  it('are called otherwise while it reads, and keep their place', () => {
    const columns: Column[] = [{ name: 'a' }, { name: '__proto__' }, { name: '__c' }];
    hideOdd(columns);
    expect(columns.map(({ name }) => name)).toEqual(['a', '\u0001__proto__', '__c']);
    const row = { a: 1, '\u0001__proto__': 2, __c: 3 };
    showAll([row, [1, 2, 3], null], oddOf(columns)!);
    expect(Object.entries(row)).toEqual([
      ['a', 1],
      ['__proto__', 2],
      ['__c', 3],
    ]);
    expect(columns[1]!.name).toBe('__proto__');
    expect(oddOf(columns)).toBeUndefined();
    expect(() => hideOdd(undefined)).not.toThrow();
  });
});

describe('results', () => {
  class ResultSetHeader {
    affectedRows = 2;
    insertId: number | string = 7;
    serverStatus = 3;
  }

  it('of one statement, and of several', () => {
    const header = new ResultSetHeader();
    expect(resultOf(header, undefined, 'INSERT')).toMatchObject({ rows: [], rowCount: 2, insertId: 7 });
    expect(resultOf(header, undefined, 'CREATE')).toMatchObject({ rowCount: null });
    const rows = [{ a: 1 }];
    expect(resultOf(rows, [{ name: 'a' }], 'SELECT')).toMatchObject({ rows, rowCount: 1 });
    expect(resultOf([], [{ name: 'a' }], 'SELECT')).toMatchObject({ rows: [], rowCount: 0 });
    const several = [[{ a: 1 }], [{ b: 2 }], header];
    expect(resultOf(several, [[{ name: 'a' }], [{ name: 'b' }], undefined], 'CALL')).toMatchObject({
      rows: [{ b: 2 }],
      fields: [{ name: 'b' }],
    });
    expect(resultOf([header, header], [undefined, undefined], 'CALL')).toMatchObject({ rowCount: 2 });
    expect([statusOf(header), statusOf(several), statusOf(rows)]).toEqual([3, 3, undefined]);
    // A row that looks like a header is none.
    expect(statusOf([{ affectedRows: 1, serverStatus: 1 }])).toBeUndefined();
  });
});

describe('settings', () => {
  it('take their names from the server', () => {
    const limits = { statementTimeoutMs: 1_500, lockTimeoutMs: 1_001, idleInTransactionTimeoutMs: 5_000 };
    expect(limitSettings('mariadb', limits)).toEqual({
      max_statement_time: '1.5',
      innodb_lock_wait_timeout: '2',
      lock_wait_timeout: '2',
      idle_transaction_timeout: '5',
    });
    expect(limitSettings('mysql', limits)).toMatchObject({ max_execution_time: '1500' });
    const none = {
      statementTimeoutMs: Infinity,
      lockTimeoutMs: Infinity,
      idleInTransactionTimeoutMs: undefined,
    };
    expect(limitSettings('mysql', none)).toMatchObject({
      max_execution_time: '0',
      innodb_lock_wait_timeout: '1073741824',
      lock_wait_timeout: '31536000',
    });
  });

  it('are one statement, in which values are only values', () => {
    expect(settingsStatement({ a: '5', b: "it's \\ x", c: 'ON' })).toBe(
      String.raw`SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci, a = 5, b = 'it''s \\ x', c = 'ON'`,
    );
  });

  it('know time zones by their offset', () => {
    expect([offsetOf({}), offsetOf({ timeZone: 'UTC' }), offsetOf({ timeZone: '-03:30' })]).toEqual([
      '+00:00',
      '+00:00',
      '-03:30',
    ]);
  });
});

describe('who answers', () => {
  it('is told by its version', () => {
    expect(flavourOf('5.5.5-10.11.18-MariaDB-log')).toBe('mariadb');
    expect(flavourOf('8.4.2')).toBe('mysql');
    expect(replicaStatement('mariadb', '10.11.18-MariaDB')).toBe('SHOW SLAVE STATUS');
    expect(replicaStatement('mysql', '8.0.21')).toBe('SHOW SLAVE STATUS');
    expect(replicaStatement('mysql', '8.0.22')).toBe('SHOW REPLICA STATUS');
    expect(replicaStatement('mysql', '9.1.0')).toBe('SHOW REPLICA STATUS');
  });

  it.each([
    [0, false],
    ['OFF', false],
    [null, false],
    [1, true],
    ['ON', true],
    ['NO_LOCK', true],
  ])('%j', (value, wanted) => expect(isOn(value)).toBe(wanted));

  it.each([
    [undefined, false, null],
    [
      { Slave_IO_Running: 'Yes', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: 3, Gtid_IO_Pos: '0-1-9' },
      true,
      3_000,
    ],
    [
      { Slave_IO_Running: 'Yes', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: 3, Gtid_IO_Pos: '0-1-5' },
      true,
      0,
    ],
    [{ Replica_IO_Running: 'Yes', Replica_SQL_Running: 'Yes', Seconds_Behind_Source: 0 }, true, 0],
    [{ Slave_IO_Running: 'Connecting', Slave_SQL_Running: 'Yes', Seconds_Behind_Master: null }, false, null],
    [{ Slave_IO_Running: 'Yes', Slave_SQL_Running: 'No', Seconds_Behind_Master: null }, false, null],
  ])('its replication: %j', (row, streaming, lagMs) => {
    expect(replicationOf(row, '0-1-5')).toEqual({ streaming, lagMs });
  });
});

describe('mysql2', () => {
  it('is asked for with the command that installs it', async () => {
    await expect(checkedMysql2(() => Promise.reject(new Error('no such module')))).rejects.toThrow(
      /needs the package mysql2, which could not be loaded. Install it with: npm install mysql2/,
    );
    await expect(checkedMysql2(async () => ({ default: {} }))).rejects.toThrow(/older than 3.24/);
    await expect(checkedMysql2(() => import('mysql2'))).resolves.toBeDefined();
  });
});

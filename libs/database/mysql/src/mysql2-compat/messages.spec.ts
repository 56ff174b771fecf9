import { describe, expect, test } from '@jest/globals';
import {
  PoolClosedError,
  PoolCreateError,
  PoolCreateTimeoutError,
  PoolQueueFullError,
  PoolTimeoutError,
} from '@nest-pooling/pool';
import { NoNodeError, PrimaryUnavailableError } from '@nest-pooling/routing';
import { SqlConnectError, SqlStatementError, SqlTimeoutError } from '@nest-pooling/sql';
import { ConnectFailure } from '@nest-pooling/sql/faces';
import { SessionLostError } from '../errors.js';
import { mysql2Error, saysReadOnly, WORDS } from './messages.js';

const raw = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const fault = { category: 'connection', scope: 'node', outcome: 'not-sent', cause: raw } as const;
const numbers = { total: 1, leased: 1, idle: 0, waiting: 1, max: 1 };

describe('mysql2Error', () => {
  test.each([
    ['a failed connect', new PoolCreateError('mysql2', 1, 10, new ConnectFailure(raw))],
    ['a node that refuses', new PoolCreateError('mysql2', 1, 10, new SqlConnectError('n', fault))],
    [
      'a primary that is down',
      new PrimaryUnavailableError('shop', 'n', new PoolCreateError('n', 1, 10, raw)),
    ],
    ['no node', new NoNodeError('shop', new Map([['n', undefined]]), new SqlConnectError('n', fault))],
    ['a refused statement', new SqlStatementError('n', { ...fault, category: 'syntax' })],
    ['a lost connection', new SessionLostError('n', 'gone', { deliberate: false, cause: raw })],
    ['itself', raw],
  ])('%s is the driver’s own error', (_name, error) => {
    expect(mysql2Error(error)).toBe(raw);
  });

  test('limits, losses and the end are in mysql2’s words', () => {
    expect(mysql2Error(new PoolClosedError('p', 'closed'))).toMatchObject({ message: WORDS.ended });
    expect(mysql2Error(new PoolQueueFullError('p', 5, numbers))).toMatchObject({ message: WORDS.queue });
    expect(mysql2Error(new PoolCreateTimeoutError('p', 5))).toMatchObject({
      message: WORDS.connect,
      code: 'ETIMEDOUT',
      fatal: true,
    });
    expect(mysql2Error(new SessionLostError('n', 'gone', { deliberate: true }))).toMatchObject({
      message: WORDS.lost,
      code: 'PROTOCOL_CONNECTION_LOST',
      fatal: true,
    });
  });

  test('where mysql2 has no word for it, it is ours', () => {
    for (const ours of [
      new SqlTimeoutError('n', 5),
      new NoNodeError('shop', new Map(), undefined),
      new PoolTimeoutError('p', 'too long', numbers, {}),
    ]) {
      expect(mysql2Error(ours)).toBe(ours);
    }
  });
});

test('what says that a server takes no writes', () => {
  expect([1290, 1792, 1836].every((errno) => saysReadOnly({ errno }))).toBe(true);
  expect([undefined, null, raw, { errno: 1062 }].some(saysReadOnly)).toBe(false);
});

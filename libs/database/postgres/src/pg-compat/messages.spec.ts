import { describe, expect, test } from '@jest/globals';
import {
  PoolClosedError,
  PoolCreateError,
  PoolCreateTimeoutError,
  PoolTimeoutError,
} from '@nest-pooling/pool';
import { NoNodeError, PrimaryUnavailableError } from '@nest-pooling/routing';
import { SqlConnectError, SqlStatementError, SqlTimeoutError } from '@nest-pooling/sql';
import { ConnectFailure } from '@nest-pooling/sql/faces';
import { SessionLostError } from '../errors.js';
import { pgError, WORDS } from './messages.js';

const raw = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const fault = { category: 'connection', scope: 'node', outcome: 'not-sent', cause: raw } as const;
const numbers = { total: 1, leased: 1, idle: 0, waiting: 1, max: 1 };

describe('pgError', () => {
  test.each([
    ['a failed connect', new PoolCreateError('pg', 1, 10, new ConnectFailure(raw))],
    ['a node that refuses', new PoolCreateError('pg', 1, 10, new SqlConnectError('n', fault))],
    [
      'a primary that is down',
      new PrimaryUnavailableError('shop', 'n', new PoolCreateError('n', 1, 10, raw)),
    ],
    ['no node', new NoNodeError('shop', new Map([['n', undefined]]), new SqlConnectError('n', fault))],
    ['a refused statement', new SqlStatementError('n', { ...fault, category: 'syntax' })],
    ['itself', raw],
  ])('%s is the driver’s own error', (_name, error) => {
    expect(pgError(error)).toBe(raw);
  });

  test('what a hook has thrown stays what it is', () => {
    expect(pgError(new ConnectFailure('no error'))).toBe('no error');
  });

  test('timeouts and the end are in pg.Pool’s words', () => {
    const timeout = new PoolTimeoutError('pg', 'too long', numbers, {});
    expect(pgError(timeout)).toMatchObject({ message: WORDS.noClient, cause: timeout });
    expect(pgError(timeout, true)).toMatchObject({ message: WORDS.noConnection });
    expect(pgError(new PoolCreateTimeoutError('pg', 5))).toMatchObject({ message: WORDS.noConnection });
    expect(pgError(new PoolClosedError('pg', 'closed'))).toMatchObject({ message: WORDS.ended });
    expect(pgError(new SessionLostError('n', 'gone', { deliberate: false }))).toMatchObject({
      message: WORDS.lost,
    });
  });

  test('where pg has no word for it, it is ours', () => {
    const ours = new SqlTimeoutError('n', 5);
    expect(pgError(ours)).toBe(ours);
    const nobody = new NoNodeError('shop', new Map(), undefined);
    expect(pgError(nobody)).toBe(nobody);
  });
});

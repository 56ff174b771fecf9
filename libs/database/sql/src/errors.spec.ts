import { describe, expect, it } from '@jest/globals';
import { SqlConnectError, SqlConnectionError, SqlStatementError, statementError } from './errors.js';
import type { Fault } from './fault.js';

const cause = Object.assign(new Error('the driver said: secret'), { detail: 'secret' });
const fault = (more: Partial<Fault>): Fault => ({
  category: 'constraint',
  scope: 'statement',
  outcome: 'rolled-back',
  cause,
  ...more,
});

describe('errors of statements', () => {
  it('say where, what, the server’s code and the next step, and name what the server named', () => {
    const error = statementError(
      'orders.primary',
      fault({
        kind: 'deadlock',
        words: 'deadlock detected.',
        sqlState: '40P01',
        constraint: 'c',
        table: 't',
        column: 'k',
        schema: 's',
      }),
    );
    expect(error).toBeInstanceOf(SqlStatementError);
    expect(error.message).toMatch(/^orders\.primary: deadlock detected \(40P01\)\. Lock rows .*retried/);
    expect(error).toMatchObject({ kind: 'deadlock', constraint: 'c', table: 't', column: 'k', schema: 's' });
    expect(error.message).not.toContain('secret');
    expect(error.cause).toBe(cause);
  });

  it('prefer the advice of the server, and do without where there is none', () => {
    const advised = new SqlStatementError('n', fault({ words: 'no column a', hint: 'Perhaps b.' }));
    expect(advised.message).toBe('n: no column a. Perhaps b.');
    expect(new SqlStatementError('n', fault({ words: 'it failed' })).message).toBe('n: it failed.');
  });

  it('use the driver’s message where it has no words of its own, for whatever was thrown', () => {
    for (const [thrown, text] of [
      [new Error('gone'), 'gone'],
      [new TypeError(''), 'TypeError'],
      ['text', 'text'],
      [undefined, 'undefined'],
    ]) {
      const lost = fault({ category: 'connection', cause: thrown });
      expect(statementError('n', lost)).toBeInstanceOf(SqlConnectionError);
      expect(statementError('n', lost).message).toContain(`the connection was lost (${String(text)})`);
    }
  });

  it('say at the connect what to do, too', () => {
    const full = fault({ category: 'overload', kind: 'too-many-connections', words: 'too many clients' });
    const error = new SqlConnectError('n', full);
    expect(error.message).toMatch(/no session can be opened: too many clients\. .*lower max/);
    expect(error).toMatchObject({ kind: 'too-many-connections', category: 'unavailable' });
  });
});

import { describe, expect, it } from '@jest/globals';
import { assert, constantFrom, property, string } from 'fast-check';
import { postgresFault } from './fault.js';

const writing = { lane: 'write', role: 'primary', sent: true, committing: false } as const;

function fault(code: string, message: string, more: object = {}): ReturnType<typeof postgresFault> {
  return postgresFault(Object.assign(new Error(message), { code, severity: 'ERROR', ...more }), writing);
}

describe('what an error of the server says', () => {
  it.each([
    ['23505', 'unique-violation'],
    ['23503', 'foreign-key-violation'],
    ['23502', 'not-null-violation'],
    ['23514', 'check-violation'],
    ['23P01', 'exclusion-violation'],
    ['22P02', 'invalid-value'],
    ['40P01', 'deadlock'],
    ['40001', 'serialization-failure'],
    ['55P03', 'lock-timeout'],
    ['57014', 'cancelled'],
    ['25006', 'read-only'],
    ['25P02', 'transaction-failed'],
    ['42601', 'syntax-error'],
    ['42P01', 'undefined-table'],
    ['42703', 'undefined-column'],
    ['42883', 'undefined-function'],
    ['42501', 'permission-denied'],
    ['28P01', 'authentication-failed'],
    ['53300', 'too-many-connections'],
    ['53100', 'out-of-resources'],
    ['P0001', undefined],
  ])('%s is of the kind %s', (code, kind) => {
    expect(fault(code, 'it failed').kind).toBe(kind);
  });

  it('tells the timeout of a statement from a cancel, and a pooler that is full from a broken protocol', () => {
    expect(fault('57014', 'canceling statement due to statement timeout').kind).toBe('statement-timeout');
    expect(fault('08P01', 'no more connections allowed (max_client_conn)').kind).toBe('too-many-connections');
    expect(fault('08P01', 'bind message supplies 1 parameters').kind).toBeUndefined();
  });

  it('takes the names that the server gives, and no detail', () => {
    const given = {
      constraint: 'users_email_key',
      table: 'users',
      schema: 'public',
      column: undefined,
      detail: 'Key (email)=(secret) already exists.',
      hint: 'a secret',
    };
    const { cause: _, ...said } = fault('23505', 'duplicate key value', given);
    expect(said).toMatchObject({ constraint: 'users_email_key', table: 'users', schema: 'public' });
    expect(JSON.stringify(said)).not.toContain('secret');
  });

  it.each([
    [
      '22P02',
      'invalid input syntax for type integer: "secret"',
      'invalid input syntax for type integer: "…"',
    ],
    [
      '22003',
      'value "99 secret" is out of range for type integer',
      'value "…" is out of range for type integer',
    ],
    ['22007', 'invalid value "secret" for "YYYY"', 'invalid value "…"'],
    ['42601', `syntax error at or near "'secret'"`, 'syntax error at or near a literal'],
    [
      '42601',
      `unterminated quoted string at or near "E'secret"`,
      'unterminated quoted string at or near a literal',
    ],
    ['42601', 'syntax error at or near "123"', 'syntax error at or near a literal'],
    ['42601', 'syntax error at or near "SELEC"', 'syntax error at or near "SELEC"'],
    ['42P01', 'relation "orders" does not exist', 'relation "orders" does not exist'],
  ])('%s %s', (code, message, words) => {
    expect(fault(code, message).words).toBe(words);
  });

  it('shows the advice that is about names only', () => {
    expect(fault('42703', 'column "nam" does not exist', { hint: 'Perhaps you meant "name".' }).hint).toBe(
      'Perhaps you meant "name".',
    );
    expect(fault('22P02', 'invalid', { hint: 'about secret' }).hint).toBeUndefined();
  });

  it('never quotes a value, whatever it looks like', () => {
    const texts = constantFrom(
      ['22P02', 'invalid input syntax for type uuid: "', '"'],
      ['22003', 'value "', '" is out of range for type bigint'],
      ['42601', `syntax error at or near "'`, `'"`],
    );
    assert(
      property(texts, string({ minLength: 1, unit: 'grapheme' }), ([code, before, after], value) => {
        const { words } = fault(code, `${before}<${value}>${after}`);
        expect(words).not.toContain(`<${value}>`);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Fault, FaultContext } from '@nest-pooling/sql';
import { assert, constantFrom, oneof, property, record, string, boolean, anything } from 'fast-check';
import {
  CommitRolledBackError,
  ParametersError,
  ResetFailedError,
  RoleChangedError,
  SessionLostError,
} from './errors.js';
import { postgresFault } from './fault.js';
import { survivor } from './survived.js';

const writing: FaultContext = { lane: 'write', role: 'primary', sent: true, committing: false };
const reading: FaultContext = { lane: 'read', role: 'replica', sent: true, committing: false };
const connecting: FaultContext = { lane: 'write', role: 'unknown', sent: false, committing: false };

function server(code: string, message = 'it failed', severity = 'ERROR'): Error {
  return Object.assign(new Error(message), { code, severity });
}

function socket(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

const short = ({ category, scope, outcome }: Fault): string => `${category} ${scope} ${outcome}`;

describe('postgresFault', () => {
  it.each([
    ['23505', 'constraint statement rolled-back'],
    ['42601', 'syntax statement rolled-back'],
    ['42501', 'auth statement rolled-back'],
    ['22012', 'other statement rolled-back'],
    ['P0001', 'other statement rolled-back'],
    ['40001', 'conflict transaction rolled-back'],
    ['40P01', 'conflict transaction rolled-back'],
    ['40003', 'conflict transaction unknown'],
    ['25006', 'role session rolled-back'],
    ['25P02', 'other transaction rolled-back'],
    ['53100', 'resource statement rolled-back'],
    ['54000', 'resource statement rolled-back'],
    ['58030', 'resource statement rolled-back'],
    ['55P03', 'timeout statement rolled-back'],
    ['57014', 'cancelled statement rolled-back'],
    ['26000', 'other statement rolled-back'],
    ['0A000', 'other statement rolled-back'],
    ['57P01', 'connection node unknown'],
    ['57P02', 'connection node unknown'],
    ['57P05', 'connection session unknown'],
    ['25P03', 'timeout session unknown'],
    ['08006', 'connection node unknown'],
    ['08007', 'connection node unknown'],
    ['08P01', 'connection session unknown'],
  ])('%s while writing: %s', (code, expected) => {
    const fault = postgresFault(server(code), writing);
    expect(short(fault)).toBe(expected);
    expect(fault.sqlState).toBe(code);
  });

  it.each([
    ['40001', 'conflict statement rolled-back'],
    ['40P01', 'conflict statement rolled-back'],
    ['25006', 'role statement rolled-back'],
    ['57P01', 'connection node rolled-back'],
  ])('%s while reading on a replica: %s', (code, expected) => {
    expect(short(postgresFault(server(code), reading))).toBe(expected);
  });

  it.each([
    [server('28P01', 'password', 'FATAL'), 'auth node not-sent'],
    [server('28000', 'no entry', 'FATAL'), 'auth node not-sent'],
    [server('3D000', 'no database', 'FATAL'), 'other node not-sent'],
    [server('53300', 'too many clients', 'FATAL'), 'overload session not-sent'],
    [server('57P03', 'starting up', 'FATAL'), 'connection node not-sent'],
    [server('08P01', 'no more connections allowed (max_client_conn)', 'FATAL'), 'overload session not-sent'],
    [socket('ECONNREFUSED'), 'connection node not-sent'],
    [socket('ENOTFOUND'), 'connection node not-sent'],
    [socket('EAI_AGAIN'), 'connection node not-sent'],
    [Object.assign(new Error(''), { errors: [socket('EHOSTUNREACH')] }), 'connection node not-sent'],
    [socket('EMFILE'), 'resource session not-sent'],
    [socket('CERT_HAS_EXPIRED'), 'auth node not-sent'],
    [new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'), 'auth node not-sent'],
    [new Error('The server does not support SSL connections'), 'auth node not-sent'],
    [new DOMException('stop', 'AbortError'), 'cancelled session not-sent'],
    [new DOMException('late', 'TimeoutError'), 'timeout session not-sent'],
  ])('%s while connecting: %s', (error, expected) => {
    expect(short(postgresFault(error, connecting))).toBe(expected);
  });

  it.each([
    [socket('ECONNRESET'), 'connection node unknown'],
    [socket('EPIPE'), 'connection node unknown'],
    [new Error('Connection terminated unexpectedly'), 'connection node unknown'],
    [new Error('Query read timeout'), 'timeout session unknown'],
    [
      new Error('Client has encountered a connection error and is not queryable'),
      'connection session unknown',
    ],
    [new Error('a type parser failed'), 'other statement unknown'],
    ['not an error', 'other statement unknown'],
    [undefined, 'other statement unknown'],
    [new SessionLostError('n', 'gone', { deliberate: false }), 'connection node unknown'],
    [new SessionLostError('n', 'gone', { deliberate: true }), 'connection session unknown'],
    [
      new SessionLostError('n', 'x', { deliberate: false, cause: server('57P05') }),
      'connection session unknown',
    ],
    [
      new SessionLostError('n', 'x', { deliberate: false, cause: socket('ECONNRESET') }),
      'connection node unknown',
    ],
    [new ResetFailedError('n', 'x'), 'connection session unknown'],
    [new CommitRolledBackError('n'), 'other transaction rolled-back'],
    [new RoleChangedError('n', 'replica', 'primary'), 'role session rolled-back'],
    [new ParametersError('n', 'x'), 'other statement not-sent'],
  ])('%s while writing: %s', (error, expected) => {
    const fault = postgresFault(error, writing);
    expect(short(fault)).toBe(expected);
    expect(fault.cause).toBe(error);
  });

  it.each([
    ['query_wait_timeout', 'overload session not-sent'],
    ['client connections exceeded (max_user_client_connections)', 'overload session not-sent'],
    ['server login has been failing, try again later (server_login_retry)', 'connection node not-sent'],
    ['pooler is shutting down', 'connection node not-sent'],
    ['no such database: x', 'other node not-sent'],
    ['unsupported startup parameter: options', 'other node not-sent'],
    ['server conn crashed?', 'connection node unknown'],
    ['query timeout', 'timeout session unknown'],
    ['idle transaction timeout', 'timeout session unknown'],
    ['client_idle_timeout', 'connection session unknown'],
    ['something else', 'connection session unknown'],
  ])('of a pooler: %s while writing: %s', (message, expected) => {
    expect(short(postgresFault(server('08P01', message, 'FATAL'), writing))).toBe(expected);
  });

  it('a pooler that refuses a login says so by words only', () => {
    const refused = server('08P01', 'SASL authentication failed', 'FATAL');
    expect(short(postgresFault(refused, connecting))).toBe('auth node not-sent');
  });

  it('knows a loss during COMMIT has an unknown outcome, and an answer to COMMIT a known one', () => {
    const committing = { ...writing, committing: true };
    expect(postgresFault(socket('ECONNRESET'), committing).outcome).toBe('unknown');
    expect(postgresFault(server('57P01', 'shutdown', 'FATAL'), committing).outcome).toBe('unknown');
    expect(postgresFault(server('40001'), committing).outcome).toBe('rolled-back');
    expect(postgresFault(socket('ECONNRESET'), { ...committing, sent: false }).outcome).toBe('not-sent');
  });

  it.each([
    ['08P01', 'syntax statement rolled-back'],
    ['08001', 'resource statement rolled-back'],
    ['08007', 'resource statement unknown'],
    ['57P01', 'resource statement rolled-back'],
    ['57P05', 'resource statement rolled-back'],
    ['25P03', 'timeout statement rolled-back'],
    ['28000', 'auth statement rolled-back'],
    ['3D000', 'other statement rolled-back'],
    ['53300', 'overload statement rolled-back'],
    ['40001', 'conflict transaction rolled-back'],
    ['25006', 'role session rolled-back'],
  ])('%s that the connection has survived: %s', (code, expected) => {
    // In a language of its own: the severity says nothing then.
    const error = survivor(server(code, 'es ging schief', 'FEHLER'));
    expect(short(postgresFault(error, writing))).toBe(expected);
  });

  it('takes a FATAL for the end of the session, whatever its code', () => {
    const conflict = server('40001', 'terminating connection due to conflict with recovery', 'FATAL');
    expect(short(postgresFault(conflict, reading))).toBe('conflict session rolled-back');
  });

  it('tells a statement timeout from a cancellation', () => {
    const late = server('57014', 'canceling statement due to statement timeout');
    expect(postgresFault(late, writing).category).toBe('timeout');
  });

  it('knows what a standby says to functions of the primary', () => {
    expect(postgresFault(server('55000', 'recovery is in progress'), reading).category).toBe('role');
    expect(postgresFault(server('55000', 'object not in prerequisite state'), reading).category).toBe(
      'other',
    );
  });

  it('takes anything, and never calls an unanswered write harmless', () => {
    const context = record({
      lane: constantFrom('write', 'read', 'probe'),
      role: constantFrom('primary', 'replica', 'unknown'),
      sent: boolean(),
      committing: boolean(),
    });
    const codes = constantFrom('08006', '57P01', 'EPIPE', 'ECONNRESET', '40001', '25006', 'nonsense');
    const errors = oneof(
      anything(),
      record({
        code: oneof(codes, string()),
        message: string(),
        severity: constantFrom('ERROR', 'FATAL', undefined),
      }),
    );
    assert(
      property(errors, context, (error, during) => {
        const { outcome } = postgresFault(error, during);
        expect(outcome === 'not-sent' || during.sent).toBe(true);
        expect(outcome).not.toBe('committed');
      }),
    );
    for (const error of [socket('EPIPE'), new Error('Connection terminated'), new Error('?'), {}, null]) {
      expect(postgresFault(error, writing).outcome).toBe('unknown');
    }
  });
});

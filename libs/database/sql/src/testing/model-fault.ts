import type { FaultContext } from '../driver.js';
import type { Fault } from '../fault.js';
import { ModelError } from './model-error.js';

/** What an error of the model means. */
export function modelFault(cause: unknown, during: FaultContext): Fault {
  const code = cause instanceof ModelError ? cause.code : 'other';
  const axes = (
    category: Fault['category'],
    scope: Fault['scope'],
    outcome: Fault['outcome'] = during.sent ? 'rolled-back' : 'not-sent',
  ): Fault => ({ category, scope, outcome, cause });
  switch (code) {
    case 'refused':
      return axes('connection', 'node', 'not-sent');
    case 'unreachable':
    case 'lost':
      // Sessions of the other lanes refuse to write.
      return axes(
        'connection',
        'session',
        during.sent ? (during.lane === 'write' ? 'unknown' : 'rolled-back') : 'not-sent',
      );
    case 'auth':
      return axes('auth', during.sent ? 'statement' : 'node');
    case 'role':
      // A session of the primary that refuses to write may have another server at its end now.
      return axes('role', during.lane === 'write' && during.role !== 'replica' ? 'session' : 'statement');
    case 'conflict':
      return axes('conflict', during.role === 'replica' ? 'statement' : 'transaction');
    case 'invalid':
      return axes('other', 'statement', 'not-sent');
    case 'rolled-back':
      return axes('other', 'transaction', 'rolled-back');
    case 'overload':
      return axes('overload', during.sent ? 'statement' : 'session');
    case 'constraint':
    case 'cancelled':
    case 'timeout':
    case 'syntax':
    case 'resource':
      return axes(code, 'statement');
    case 'undecided':
      return axes('other', 'statement', 'unknown');
    default:
      return axes('other', 'statement', cause instanceof ModelError ? undefined : 'unknown');
  }
}

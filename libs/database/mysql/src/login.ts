import { LoginGuard } from '@nest-pooling/sql';
import { LoginRefusedError } from './errors.js';
import { mysqlFault } from './fault.js';

/** The guard of logins at MySQL. */
export function loginGuard(): LoginGuard {
  return new LoginGuard({
    isRefusal: isLoginRefusal,
    resting: (node, refusals, restMs, cause) => new LoginRefusedError(node, refusals, restMs, cause),
  });
}

/** The server has looked at the credentials and said no. */
export function isLoginRefusal(error: unknown): boolean {
  const during = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;
  const { category, scope, sqlState } = mysqlFault(error, during);
  return category === 'auth' && scope === 'node' && sqlState !== undefined;
}

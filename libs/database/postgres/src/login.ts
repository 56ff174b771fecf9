import { LoginGuard as SqlLoginGuard } from '@nest-pooling/sql';
import { LoginRefusedError } from './errors.js';
import { postgresFault } from './fault.js';

export type { Login } from '@nest-pooling/sql';

/** The guard of logins at Postgres. */
export class LoginGuard extends SqlLoginGuard {
  constructor() {
    super({
      isRefusal: isLoginRefusal,
      resting: (node, refusals, restMs, cause) => new LoginRefusedError(node, refusals, restMs, cause),
    });
  }
}

/** The server, or a pooler, has looked at the credentials and said no. */
export function isLoginRefusal(error: unknown): boolean {
  const during = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;
  const { category, sqlState = '' } = postgresFault(error, during);
  return category === 'auth' && (sqlState.startsWith('28') || sqlState === '08P01');
}

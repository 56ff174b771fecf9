import { applyDecorators, SetMetadata, UseInterceptors } from '@nestjs/common';
import { checkTransactionOptions, type LazyTransactionOptions } from '@nest-pooling/sql';
import type { PoolName } from '../registry/registry-types.js';
import { SessionPerRequestInterceptor } from './session-per-request.interceptor.js';
import { SESSION, type SessionRoute } from './session-route.js';

/** Options of {@link SessionPerRequest}: those of its transaction. `label` is by default `Controller.method`. */
export type SessionPerRequestOptions = Omit<LazyTransactionOptions, 'signal'>;

/**
 * Gives a handler, or every handler of a controller, one transaction on the pool `name` for each request: everything on that pool in
 * the flow of the request takes part, in whatever provider.
 *
 * - It begins with the first statement: a request without one takes no session.
 * - It is committed before the first byte of the answer is sent; a commit that fails is answered as an error, never as success.
 * - It is rolled back when the handler fails, and when the client goes away or an interceptor further out gives up, which also cancels
 *   the statement that runs.
 *
 * A session is held from the first statement until the handler has ended: do not wait for other services in between. Inside, a nested
 * `transaction` is a part that can fail alone, and `outside()` escapes. Where the pool has one for each tenant, it is that of the tenant of
 * the scope (`runAsTenant`).
 *
 * @throws OptionsError when the class is defined, with every wrong option
 */
export function SessionPerRequest(
  name: PoolName,
  options: SessionPerRequestOptions = {},
): MethodDecorator & ClassDecorator {
  checkTransactionOptions(options);
  const route: SessionRoute = { pool: name, options };
  return applyDecorators(SetMetadata(SESSION, route), UseInterceptors(SessionPerRequestInterceptor));
}

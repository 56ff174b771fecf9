import type { UseOptions } from '@nest-pooling/sql';
import type { PoolName } from '../registry/registry-types.js';
import { neededApplicationOf } from './application.js';
import { failing, surround } from './surround.js';
import { methodDecorator, usesPool } from './wrap-method.js';

/**
 * Lends a method a session of the pool `name` for as long as it runs: what it calls on that pool, directly or through other objects, runs
 * there, one after the other, without a transaction. For what needs the same session: temporary tables, settings, advisory locks. In a
 * transaction it is that one's session. The signature stays as it is.
 *
 * @param options On a router `access: 'read'` takes a replica; see `UseOptions`.
 */
export function Pooled(name: PoolName, options: Omit<UseOptions, 'signal'> = {}): MethodDecorator {
  const used = { decorator: '@Pooled', pool: name };
  return methodDecorator(used.decorator, (original, place) =>
    usesPool(function (...args) {
      try {
        const pool = neededApplicationOf(this, used, place).sql(used, place);
        const lend = { label: place.toString(), ...options };
        return surround(
          place,
          (work) => pool.use(work, lend),
          () => original.apply(this, args),
        );
      } catch (error) {
        return failing(place, error);
      }
    }, used),
  );
}

import { Problems } from '@nest-pooling/core';
import {
  checkTransactionOptions,
  inTransaction,
  type SqlPool,
  type TransactionOptions,
} from '@nest-pooling/sql';
import { TransactionPropagationError } from '../errors/method-errors.js';
import type { PoolName } from '../registry/registry-types.js';
import { TenantSqlPool } from '../tenants/tenant-sql-pool.js';
import { neededApplicationOf } from './application.js';
import { failing, surround, type Bracket } from './surround.js';
import { joinHooks, leaveHooks, withHooks } from './transaction-hooks.js';
import { methodDecorator, usesPool, type Place } from './wrap-method.js';

/**
 * How a method stands to a transaction that its caller has (the words are those of Java's).
 *
 * - `required`: takes part in it, or has one of its own
 * - `requires-new`: has one of its own, on another session. Where every session of the pool waits for another one, none gets it: leave room
 * - `nested`: has a part of it that can fail alone (a savepoint), or one of its own
 * - `supports`: takes part in it if there is one
 * - `not-supported`: runs outside of it
 * - `mandatory`: must have one
 * - `never`: must have none
 */
export type Propagation =
  | 'required'
  | 'requires-new'
  | 'nested'
  | 'supports'
  | 'not-supported'
  | 'mandatory'
  | 'never';

/** Options of {@link Transactional}. Those of the transaction count where the method has one of its own. */
export interface TransactionalOptions extends Omit<TransactionOptions, 'signal'> {
  /** How it stands to a transaction of its caller. Default `required`. */
  readonly propagation?: Propagation;
}

const PROPAGATIONS: readonly Propagation[] = [
  'required',
  'requires-new',
  'nested',
  'supports',
  'not-supported',
  'mandatory',
  'never',
];
const KNOWN = [
  'propagation',
  'timeoutMs',
  'label',
  'isolation',
  'readOnly',
  'deferrable',
  'access',
  'consistency',
  'maxLagMs',
  'retry',
  'maxTransactionMs',
];

/**
 * Runs a method of any object that Nest made in a transaction on the pool `name`: what it calls on that pool, directly or through other
 * objects, takes part. It is committed when the method's promise resolves and rolled back when it rejects; the caller gets the method's
 * answer after the commit. A method that gives an Observable or is an async generator has the transaction for as long as that runs, and it
 * is rolled back when it is left before its end.
 *
 * A failed statement that the method catches has ended the transaction all the same on Postgres: use `nested` for what may fail.
 *
 * @throws OptionsError when the class is defined, with every wrong option
 */
export function Transactional(name: PoolName, options: TransactionalOptions = {}): MethodDecorator {
  const used = { decorator: '@Transactional', pool: name };
  return methodDecorator(used.decorator, (original, place) => {
    check(place, options);
    return usesPool(function (...args) {
      try {
        const pool = neededApplicationOf(this, used, place).sql(used, place);
        return transact(pool, place, options, () => original.apply(this, args));
      } catch (error) {
        return failing(place, error);
      }
    }, used);
  });
}

function transact(pool: SqlPool, place: Place, options: TransactionalOptions, call: () => unknown): unknown {
  if (pool instanceof TenantSqlPool) {
    // What surrounds the call is a transaction on the pool of its tenant, which stays open for as long as that.
    const ofTenant: Bracket = (work) =>
      pool.tenants.useCurrent((own) => bracketOf(own, place, options)?.(work) ?? work());
    return surround(place, ofTenant, call);
  }
  const bracket = bracketOf(pool, place, options);
  return bracket === undefined ? call() : surround(place, bracket, call);
}

/** What is to be put around a call, here and now; `undefined` where that is nothing. */
function bracketOf(
  pool: SqlPool,
  place: Place,
  { propagation = 'required', ...options }: TransactionalOptions,
): Bracket | undefined {
  const inside = inTransaction(pool);
  const own: Bracket = (work) =>
    withHooks(
      pool,
      false,
      (attempt) => pool.transaction(attempt, { label: place.toString(), ...options }),
      work,
    );
  switch (propagation) {
    case 'requires-new':
      return inside ? (work) => pool.outside(() => own(work)) : own;
    case 'nested': {
      const { timeoutMs, label } = options;
      const limits = {
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(label === undefined ? {} : { label }),
      };
      const part: Bracket = (work) =>
        withHooks(pool, true, (attempt) => pool.transaction(attempt, limits), work);
      return inside ? part : own;
    }
    case 'not-supported':
      return inside ? (work) => pool.outside(() => leaveHooks(work)) : undefined;
    case 'mandatory':
    case 'never':
      if (inside !== (propagation === 'mandatory')) {
        throw new TransactionPropagationError(place.toString(), pool.name, propagation);
      }
      break;
    case 'required':
      if (!inside) return own;
      break;
    default:
  }
  return inside ? (work) => joinHooks(pool, work) : undefined;
}

function check(place: Place, options: TransactionalOptions): void {
  const problems = new Problems();
  problems.unknown('', options, KNOWN);
  problems.oneOf('propagation', options.propagation, PROPAGATIONS);
  problems.duration('timeoutMs', options.timeoutMs);
  if (options.retry !== undefined && place.gives !== 'promise') {
    problems.add('retry', `is not possible for an ${place.gives}, whose values cannot be taken back`);
  }
  problems.throwIfAny(`@Transactional of ${place.toString()}`);
  checkTransactionOptions(options);
}

import { Logger } from '@nestjs/common';
import { contextKey, getContext, runInContext } from '@nest-pooling/core';
import { SqlOutcomeUnknownError } from '@nest-pooling/sql';
import { TransactionHookError } from '../errors/method-errors.js';
import { describeError } from '../errors/pooling-module-error.js';

/** What is to be done at the end of a transaction, or of a part of it. */
interface Hooks {
  readonly owner: object;
  readonly outer: Hooks | undefined;
  /** Its transaction was begun by `transaction()`, so that nobody here sees its end. */
  readonly unseen?: boolean;
  commit: (() => unknown)[];
  rollback: ((error: unknown) => unknown)[];
}

const hooksKey = contextKey<Hooks>('nest.transaction-hooks');
const logger = new Logger('Transactional');

/**
 * Calls `hook` after the transaction of the innermost `@Transactional` method has been committed: the outermost one, where several take
 * part in it. Hooks run one after the other, outside of the transaction, before the method's caller goes on. What one throws is logged and
 * changes nothing: the commit has happened. None runs when the transaction is rolled back, nor when nobody knows what became of it
 * (`SQL_OUTCOME_UNKNOWN`).
 *
 * @throws TransactionHookError `TRANSACTION_HOOK` outside of a method with `@Transactional`, and in one that takes part in a transaction
 * that `transaction()` has begun
 */
export function onCommit(hook: () => unknown): void {
  hooksHere('onCommit').commit.push(hook);
}

/**
 * The same for a transaction, an attempt of one, or a nested part of it that was rolled back; `hook` is given what failed.
 *
 * @throws TransactionHookError `TRANSACTION_HOOK` outside of a method with `@Transactional`
 */
export function onRollback(hook: (error: unknown) => unknown): void {
  hooksHere('onRollback').rollback.push(hook);
}

/** Runs a method that takes part in a transaction of `owner`: its hooks are those of that. */
export function joinHooks<R>(owner: object, call: () => R): R {
  return runInContext(hooksKey, hooksOf(owner), call);
}

/** Those of the transaction of `owner` that surrounds the call; others may lie in between. */
function hooksOf(owner: object): Hooks {
  const outer = getContext(hooksKey);
  for (let hooks = outer; hooks !== undefined; hooks = hooks.outer) if (hooks.owner === owner) return hooks;
  return { owner, outer, unseen: true, commit: [], rollback: [] };
}

/** Runs a method that does not. */
export function leaveHooks<R>(call: () => R): R {
  return runInContext(hooksKey, undefined, call);
}

/** Runs `work` by `begin`, in a transaction of its own or, if `nested`, in a part of one that can fail alone. */
export async function withHooks<R>(
  owner: object,
  nested: boolean,
  begin: (work: () => Promise<R>) => Promise<R>,
  work: () => Promise<R>,
): Promise<R> {
  const outer = getContext(hooksKey);
  const whole = nested ? hooksOf(owner) : undefined;
  if (whole?.unseen) return begin(() => runInContext(hooksKey, whole, work));
  let hooks: Hooks | undefined;
  let failure: unknown;
  let result: R;
  try {
    result = await begin(async () => {
      // An attempt before this one was rolled back.
      if (hooks !== undefined) await rolledBack(hooks, failure);
      hooks = { owner, outer, commit: [], rollback: [] };
      try {
        return await runInContext(hooksKey, hooks, work);
      } catch (error) {
        failure = error;
        throw error;
      }
    });
  } catch (error) {
    // What the work itself failed with may have been another transaction, whose outcome is unknown; this one was not committed.
    const unknown = error instanceof SqlOutcomeUnknownError && error !== failure;
    if (hooks !== undefined && !unknown) await rolledBack(hooks, error);
    throw error;
  }
  if (hooks === undefined) return result;
  if (whole !== undefined) {
    // What was done in it stands or falls with the whole.
    whole.commit.push(...hooks.commit);
    whole.rollback.push(...hooks.rollback);
  } else {
    for (const hook of hooks.commit) await run('onCommit', hook);
  }
  return result;
}

async function rolledBack({ rollback }: Hooks, error: unknown): Promise<void> {
  // As one cleans up: what was done last goes first.
  for (const hook of rollback.toReversed()) await run('onRollback', () => hook(error));
}

async function run(what: string, hook: () => unknown): Promise<void> {
  try {
    await leaveHooks(hook);
  } catch (error) {
    logger.error(`A hook of ${what} failed: ${describeError(error)}`);
  }
}

function hooksHere(hook: string): Hooks {
  const hooks = getContext(hooksKey);
  if (hooks === undefined || hooks.unseen) throw new TransactionHookError(hook, hooks !== undefined);
  return hooks;
}

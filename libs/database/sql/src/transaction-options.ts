import { Problems } from '@nest-pooling/core';
import type { TransactionOptions } from './sql-pool.js';
import { SqlNestedTransactionError } from './transaction-errors.js';

const ISOLATION: Readonly<Record<string, string>> = {
  'read committed': 'READ COMMITTED',
  'repeatable read': 'REPEATABLE READ',
  serializable: 'SERIALIZABLE',
};
/** What a part of a transaction cannot have for itself. */
const OF_THE_WHOLE = ['isolation', 'readOnly', 'deferrable', 'retry', 'maxTransactionMs', 'access'] as const;

/** Refuses wrong options, all problems at once. */
export function checkTransactionOptions(options: TransactionOptions | undefined): void {
  if (options === undefined) return;
  const { isolation, retry, maxTransactionMs, readOnly, access } = options;
  if (!isolation && !retry && maxTransactionMs === undefined && !access) return;
  const problems = new Problems();
  problems.oneOf('isolation', isolation, Object.keys(ISOLATION));
  problems.oneOf('access', access, ['read', 'write']);
  problems.duration('maxTransactionMs', maxTransactionMs, { min: 1, infinite: true });
  problems.type('retry', retry, 'object');
  if (access === 'read' && readOnly === false) {
    problems.add('readOnly', "must not be false with access: 'read', which takes a replica");
  }
  if (typeof retry === 'object' && retry !== null) {
    problems.unknown('retry', retry, ['attempts', 'initialMs', 'maxMs']);
    if (retry.attempts === undefined) problems.add('retry.attempts', 'is missing');
    problems.number('retry.attempts', retry.attempts, { min: 0, max: 1_000, integer: true });
    problems.duration('retry.initialMs', retry.initialMs);
    problems.duration('retry.maxMs', retry.maxMs);
  }
  problems.throwIfAny('a transaction');
}

/** Refuses options that a transaction inside another one cannot have. */
export function checkNestedOptions(node: string, options: TransactionOptions | undefined): void {
  if (options === undefined) return;
  const given = OF_THE_WHOLE.filter((name) => options[name] !== undefined);
  if (given.length > 0) throw new SqlNestedTransactionError(node, given);
}

/** The statement that begins it. */
export function beginText(options: TransactionOptions | undefined): string {
  if (options === undefined) return 'BEGIN';
  const { isolation, readOnly, deferrable, access } = options;
  const modes = [
    ...(isolation === undefined ? [] : [`ISOLATION LEVEL ${ISOLATION[isolation]}`]),
    ...(readOnly || access === 'read' ? ['READ ONLY'] : []),
    ...(deferrable ? ['DEFERRABLE'] : []),
  ];
  return modes.length === 0 ? 'BEGIN' : `BEGIN ${modes.join(', ')}`;
}

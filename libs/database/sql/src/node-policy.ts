import type { Env } from '@nest-pooling/core';
import type { PoolSettings } from '@nest-pooling/pool';
import { Comments, type CommentOptions } from './comments.js';
import type { SqlDriver, Statement } from './driver.js';
import type { SqlSettings } from './sql-settings.js';
import { StatementLog, type StatementLogOptions } from './statement-log.js';
import { unobserved, type StatementObserver } from './statement-observer.js';

/** What a pool wants of every statement and transaction, with every default filled in. */
export interface NodePolicy {
  /** Hears of statements. */
  readonly observer: StatementObserver;
  /** How many rows a statement may return. */
  readonly maxRows: number;
  /** The statement as it goes on the wire: with its tags, and the most rows it may return. */
  readonly annotate: (statement: Statement) => Statement;
  /** How old a transaction may become, in milliseconds. */
  readonly maxTransactionMs: number;
}

/** Fills in the defaults; some depend on the preset of the pool. */
export function policyOf(
  { log, comment, maxRows = Infinity, maxTransactionMs = Infinity }: SqlSettings,
  { preset }: PoolSettings,
  driver: SqlDriver,
  env: Env,
): NodePolicy {
  const level = log?.level ?? (preset === 'development' ? 'statements' : 'off');
  const options: StatementLogOptions = { ...log, level };
  const fingerprint = (text: string): string => driver.classify(text).fingerprint;
  return {
    observer: level === 'off' ? unobserved : new StatementLog(options, env, fingerprint),
    maxRows,
    annotate: annotator(comment, maxRows),
    maxTransactionMs,
  };
}

function annotator(comment: CommentOptions | undefined, maxRows: number): NodePolicy['annotate'] {
  const comments = comment === undefined ? undefined : new Comments(comment);
  if (comments === undefined && maxRows === Infinity) return (statement) => statement;
  return (statement) => ({
    maxRows,
    ...statement,
    ...(comments && { text: comments.textOf(statement) }),
  });
}

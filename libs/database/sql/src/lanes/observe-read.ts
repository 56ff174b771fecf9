import { getContext, labelKey } from '@nest-pooling/core';
import { statementError } from '../errors.js';
import type { SqlNode } from '../sql-node.js';
import type { NodeQueryOptions } from '../node-query-options.js';
import type { Pipe } from './pipe.js';
import type { Read } from './read.js';

/** Tells the observer of a read that was answered in a pipe. */
export function observeRead(
  node: SqlNode,
  { statement, options }: Read,
  ms: number,
  rows: number | null,
  error?: unknown,
): void {
  const { text, params } = statement;
  node.policy.observer.ended({
    node: node.id,
    lane: 'read',
    text,
    parameters: params?.length ?? 0,
    label: options?.label,
    ms: Math.max(0, ms),
    rows,
    error,
  });
}

/** Tells the observer of a read that has failed in a pipe. */
export function observeFailedRead(node: SqlNode, pipe: Pipe, read: Read, ms: number, error: unknown): void {
  const { role } = pipe.entry.session.identity;
  const fault = node.driver.fault(error, { lane: 'read', role, sent: true, committing: false });
  observeRead(node, read, ms, null, statementError(node.id, fault));
}

/** For whoever hears of reads: with the label of the scope, which is not known any more when the answer comes. */
export function labelled(node: SqlNode, options: NodeQueryOptions | undefined): NodeQueryOptions | undefined {
  if (!node.policy.observer.timed) return options;
  const label = options?.label ?? getContext(labelKey);
  return label === undefined ? options : { ...options, label };
}

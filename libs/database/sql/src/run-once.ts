import { PoolAbandonedError } from '@nest-pooling/pool';
import type { Statement } from './driver.js';
import { within } from './interruptible.js';
import type { Activity, NodeSession } from './node-session.js';
import type { SqlResult } from './result.js';
import { runStatement } from './run-statement.js';
import type { SqlNode } from './sql-node.js';
import type { NodeQueryOptions } from './node-query-options.js';
import { limitsOf } from './statement-limits.js';

/** Runs one statement on a session that is borrowed for it. `measured` runs the work and sees how long it takes. */
export function runOnce<Row>(
  node: SqlNode,
  statement: Statement,
  options: NodeQueryOptions | undefined,
  activity: Activity,
  measured?: (work: () => Promise<SqlResult<Row>>) => Promise<SqlResult<Row>>,
): Promise<SqlResult<Row>> {
  const limits = limitsOf(node.env, options);
  const label = options?.label;
  const run = (entry: NodeSession): Promise<SqlResult<Row>> => {
    if (entry.lane === 'write' && options?.harmless === true) {
      return Promise.reject(new PoolAbandonedError(node.id, `${node.id} takes writes now`));
    }
    if (limits === undefined && measured === undefined) {
      return runStatement(node, entry, statement, activity, label);
    }
    const work = (): Promise<SqlResult<Row>> => runStatement(node, entry, statement, activity, label);
    const limited = limits === undefined ? work : () => within(node, entry, limits, work);
    return measured === undefined ? limited() : measured(limited);
  };
  const needs = limits !== undefined || label !== undefined;
  return node.pool.use(run, needs ? options : undefined);
}

import { getContext, labelKey } from '@nest-pooling/core';
import type { RawResult, Statement } from './driver.js';
import type { Exchange } from './exchange.js';
import { SqlTimeoutError, statementError, type SqlError } from './errors.js';
import type { Activity, NodeSession } from './node-session.js';
import type { SqlResult } from './result.js';
import type { SqlNode } from './sql-node.js';
import type { QueryOptions } from './sql-pool.js';
import { observed } from './statement-observer.js';
import { tooManyRows } from './too-many-rows.js';

/** Builds a driver's statement from what a caller gave. */
export function toStatement(
  text: string,
  params: readonly unknown[] | undefined,
  options: QueryOptions | undefined,
): Statement {
  if (options === undefined) return params === undefined ? { text } : { text, params };
  const { name, rowMode, maxRows } = options;
  return {
    text,
    ...(params === undefined ? {} : { params }),
    ...(name === undefined ? {} : { name }),
    ...(rowMode === undefined ? {} : { rowMode }),
    ...(maxRows === undefined ? {} : { maxRows }),
  };
}

/**
 * Runs one statement on a session that is held, and says what an error means. `label` is who asked, for the log; `sent` is the
 * statement as it goes on the wire.
 */
export function runStatement<Row>(
  node: SqlNode,
  entry: NodeSession,
  statement: Statement,
  activity: Activity,
  label?: string,
  sent = node.policy.annotate(statement),
): Promise<SqlResult<Row>> {
  if (!node.policy.observer.timed) return execute(node, entry, statement, activity, sent);
  const work = (): Promise<SqlResult<Row>> => execute(node, entry, statement, activity, sent);
  return observed(node, statement, label ?? getContext(labelKey), work, ({ rowCount }) => rowCount);
}

async function execute<Row>(
  node: SqlNode,
  entry: NodeSession,
  statement: Statement,
  activity: Activity,
  sent: Statement,
): Promise<SqlResult<Row>> {
  entry.activity = activity;
  entry.busySince = node.tick;
  if (!entry.dirty && node.driver.classify(statement.text).pins) entry.dirty = true;
  let raw: RawResult;
  try {
    raw = await entry.session.execute(sent);
  } catch (error) {
    throw toSqlError(node, entry, error, false);
  } finally {
    entry.activity = 'none';
  }
  const tooMany = tooManyRows(node, statement, raw);
  if (tooMany !== undefined) throw tooMany;
  const rows = raw.rows as readonly Row[];
  const { rowCount, command, fields, insertId } = raw;
  const result = { rows, rowCount, command, fields, node: node.id, lane: entry.lane };
  return insertId === undefined ? result : { ...result, insertId };
}

/** Runs an exchange of the driver's own on a session that is held, and says what an error means. */
export async function runExchange<R>(
  node: SqlNode,
  entry: NodeSession,
  work: (exchange: Exchange) => Promise<R>,
  activity: Activity,
): Promise<R> {
  const { session } = entry;
  const idle = (): void => void (entry.activity = 'none');
  const busy = (): void => {
    entry.activity = activity;
    entry.busySince = node.tick;
  };
  busy();
  try {
    return await work({ session, busy, idle });
  } catch (error) {
    throw toSqlError(node, entry, error, false);
  } finally {
    idle();
  }
}

/** What an error of a session's driver means; a session that is unusable now is marked so. */
export function toSqlError(node: SqlNode, entry: NodeSession, error: unknown, committing: boolean): SqlError {
  const { role } = entry.session.identity;
  const fault = node.driver.fault(error, { lane: entry.lane, role, sent: true, committing });
  if (fault.scope === 'session' || fault.scope === 'node') entry.broken = true;
  if (fault.category === 'connection') node.errors++;
  if (fault.category === 'connection' && fault.scope === 'node') node.lost(entry);
  if (entry.overdue && fault.category === 'cancelled') {
    return new SqlTimeoutError(node.id, node.options.queryTimeoutMs);
  }
  return statementError(node.id, fault);
}

/** Commits on a session that is held. */
export async function commitOn(node: SqlNode, entry: NodeSession): Promise<void> {
  entry.activity = 'commit';
  entry.busySince = node.tick;
  try {
    await entry.session.commit();
  } catch (error) {
    throw toSqlError(node, entry, error, true);
  } finally {
    entry.activity = 'none';
  }
}

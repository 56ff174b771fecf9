import { PoolAbandonedError, PoolClosedError, PoolCreateError, PoolQueueFullError } from '@nest-pooling/pool';
import { CircuitOpenError } from '@nest-pooling/resilience';
import {
  SqlConnectError,
  SqlConnectionError,
  SqlError,
  SqlStatementError,
  SqlTimeoutError,
} from '@nest-pooling/sql';
import type { RouterNode } from './router-node.js';

/**
 * What becomes of a read that failed on a node.
 *
 * - `elsewhere`: another node can run it
 * - `primary`: only the primary can
 * - `final`: it would fail everywhere, or its time is over
 */
export type Verdict = 'elsewhere' | 'primary' | 'final';

/** A stall of our own event loop that was longer explains a timeout: as for probes, half of their time. */
const STALL_MS = 250;

/** Tells the node's health and breaker what an error says about the node, and the read what to do. */
export function judge(node: RouterNode, permit: number, error: unknown): Verdict {
  if (error instanceof CircuitOpenError) return 'elsewhere';
  // Somebody answered, but not as what this node is taken for: the topology knows already.
  if (isRefusedByUs(error)) {
    node.breaker.neutral(permit);
    return 'elsewhere';
  }
  if (error instanceof SqlConnectionError || error instanceof PoolCreateError) {
    node.breaker.fail(permit);
    node.health.failed('hard');
    return 'elsewhere';
  }
  // A transaction may have waited for anything: that says nothing about the node.
  if (error instanceof SqlTimeoutError && error.what === 'statement') {
    // Then it was we who did not answer.
    if (node.sql.env.scheduler.lastStallMs > STALL_MS) node.breaker.neutral(permit);
    else {
      node.breaker.fail(permit);
      node.health.failed('timeout');
    }
    return 'final';
  }
  node.breaker.neutral(permit);
  if (error instanceof PoolAbandonedError || error instanceof PoolQueueFullError) return 'elsewhere';
  // Its pool was closed, but the router was not: the node is being removed.
  if (error instanceof PoolClosedError) return 'elsewhere';
  return error instanceof SqlStatementError ? ofStatement(node, error) : 'final';
}

/** Whether a failure has cost a server something, so that doing it again elsewhere is to be paid for. */
export function costly(error: unknown): boolean {
  return !(
    error instanceof CircuitOpenError ||
    error instanceof PoolAbandonedError ||
    error instanceof PoolQueueFullError ||
    error instanceof PoolClosedError
  );
}

/** Whether the node did not answer, or not in time: what its speed is judged by. */
export function countsAsFailed(error: unknown): boolean {
  if (error instanceof SqlTimeoutError) return error.what === 'statement';
  return error instanceof SqlConnectionError || error instanceof PoolCreateError;
}

/** {@link judge} for a statement that nobody may repeat. */
export function judgeWrite(node: RouterNode, permit: number, error: unknown): void {
  if (error instanceof SqlError || error instanceof PoolCreateError) judge(node, permit, error);
  else node.breaker.neutral(permit);
}

function isRefusedByUs(error: unknown): boolean {
  if (!(error instanceof PoolCreateError)) return false;
  const { cause } = error;
  return cause instanceof SqlConnectError && cause.fault?.category === 'role';
}

function ofStatement(node: RouterNode, error: SqlStatementError): Verdict {
  if (node.takesWrites) return 'final';
  switch (error.fault?.category) {
    case 'role':
      return 'primary';
    // Replay on the replica got in the way, or it has no room: no fault of the statement.
    case 'conflict':
    case 'overload':
    case 'resource':
      return 'elsewhere';
    default:
      return 'final';
  }
}

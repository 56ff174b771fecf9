import { PoolingError } from '@nest-pooling/core';
import type { Fault, SqlError } from '@nest-pooling/sql';
import { STALLS_APART_MS, isOne, type Call } from './call.js';
import { excused } from './promise.js';
import type { RouterWorld } from './world.js';

/** Moments are sums of fractions. */
const ROUNDING_MS = 1e-6;

/** What is known about the effect of a call that has failed. */
export type Effect = 'none' | 'unknown';

/** Says what an error means for the effect of a call, and complains where it is not the right one. */
export function judge(world: RouterWorld, call: Call, error: unknown): Effect {
  const wrong = (why: string): void =>
    world.fail(`${call.kind} ${call.seq} of ${call.app.name} got ${codeOf(error) ?? String(error)} ${why}`);
  if (!(error instanceof PoolingError)) {
    wrong('which is none of ours');
    return 'unknown';
  }
  const { now, ended } = world;
  const { fault } = error as SqlError;
  const why = excused(world, call, error);
  if (why === undefined) wrong(`though a node could have served it: ${error.message}`);
  switch (error.code) {
    case 'ROUTING_FALLBACK_REFUSED':
    case 'ROUTING_NOT_CAUGHT_UP':
      if (call.kind === 'read' && now >= call.deadline && world.leapWithin(STALLS_APART_MS) === 0)
        wrong('when its time was over, which is a timeout');
      return 'none';
    case 'ROUTING_NO_NODE':
    case 'ROUTING_RETRY_BUDGET':
    case 'ROUTING_PRIMARY_UNAVAILABLE':
    case 'POOL_TIMEOUT':
    case 'POOL_QUEUE_FULL':
    case 'POOL_CREATE_FAILED':
    case 'POOL_ABANDONED':
    case 'BREAKER_OPEN':
      return 'none';
    case 'ROUTING_POSITION_UNKNOWN':
      if (call.kind !== 'token') wrong('though it asks for no token');
      return 'none';
    case 'POOL_CLOSED':
      if (!ended) wrong('from an open router');
      return 'none';
    case 'POOL_CANCELLED':
      if (!call.controller?.signal.aborted) wrong('without a signal');
      return 'none';
    case 'SQL_CANCELLED':
      if (!call.controller?.signal.aborted) wrong('without a signal');
      return call.kind === 'transaction' ? 'none' : 'unknown';
    case 'SQL_TIMEOUT':
      if (now < call.deadline - ROUNDING_MS) wrong('too early');
      return call.kind === 'transaction' ? 'none' : 'unknown';
    case 'SQL_CONNECTION_LOST':
      return call.kind === 'transaction' ? 'none' : effectOf(fault);
    case 'SQL_OUTCOME_UNKNOWN':
      if (isOne(call)) wrong('though it commits nothing');
      return 'unknown';
    case 'SQL_STATEMENT_FAILED':
    case 'SQL_TRANSACTION_FAILED':
      return call.kind === 'transaction' ? 'none' : effectOf(fault);
    default:
      wrong('which nobody expects');
      return 'unknown';
  }
}

/** The code of an error of ours. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof PoolingError ? error.code : undefined;
}

function effectOf(fault: Fault | undefined): Effect {
  return fault?.outcome === 'unknown' || fault?.outcome === undefined ? 'unknown' : 'none';
}

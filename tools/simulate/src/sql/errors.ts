import { PoolingError } from '@nest-pooling/core';
import type { Fault, SqlError } from '@nest-pooling/sql';
import { ModelError } from '@nest-pooling/sql/testing';
import { isOne, isOver, type Call } from './call.js';
import type { SqlWorld } from './world.js';

/** What the work of a caller itself throws. */
export class WorkError extends Error {}

/** What is known about the effect of a call that has failed. */
export type Effect = 'none' | 'unknown';

/** The category of the error that a failed statement gives. */
const CATEGORIES: Readonly<Record<string, string>> = {
  constraint: 'failed',
  syntax: 'failed',
  other: 'failed',
  conflict: 'conflict',
  resource: 'unavailable',
  overload: 'unavailable',
  role: 'unavailable',
  auth: 'unavailable',
  timeout: 'timeout',
  cancelled: 'cancelled',
};

/** Says what an error means for the effect of a call, and complains where it is not the right one. */
export function judge(world: SqlWorld, call: Call, error: unknown): Effect {
  const wrong = (why: string): void =>
    world.fail(`${call.kind} ${call.seq} got ${codeOf(error) ?? String(error)} ${why}`);
  if (error instanceof WorkError) return 'none';
  if (!(error instanceof PoolingError)) {
    wrong('which is none of ours');
    return 'unknown';
  }
  const { now, setup, ending } = world;
  const { fault } = error as SqlError;
  switch (error.code) {
    case 'POOL_TIMEOUT':
      if (now < call.patience) wrong(`too early by ${call.patience - now}`);
      return 'none';
    case 'POOL_CANCELLED':
      if (!call.controller?.signal.aborted) wrong('without a signal');
      return 'none';
    case 'POOL_CLOSED':
      if (ending === undefined) wrong('from an open pool');
      return 'none';
    case 'POOL_SHED':
      if (setup.settings.shedding === undefined) wrong('without shedding');
      return 'none';
    case 'POOL_QUEUE_FULL':
    case 'POOL_CREATE_FAILED':
      return 'none';
    case 'SQL_TIMEOUT':
      if (now < call.deadline && !world.isOverdue(call)) wrong('too early');
      // It lay in the socket while the event loop was blocked.
      if (isOne(call) && call.answeredAt < call.deadline && !call.answeredOn?.closing)
        wrong('though its answer had arrived in time');
      return call.kind === 'transaction' ? 'none' : 'unknown';
    case 'SQL_CANCELLED':
      if (!call.controller?.signal.aborted) wrong('without a signal');
      return call.kind === 'transaction' ? 'none' : 'unknown';
    case 'SQL_CONNECTION_LOST':
      if (!lostSomething(world, call) && !wasGivenUp(call, fault)) wrong('though nothing was lost');
      if (call.kind === 'transaction') return 'none';
      return effectOf(fault);
    case 'SQL_OUTCOME_UNKNOWN':
      if (call.kind !== 'transaction' && call.kind !== 'use') wrong('though it commits nothing');
      if (fault?.outcome !== 'unknown') wrong('with an outcome that is known');
      return 'unknown';
    case 'SQL_TRANSACTION_TOO_LONG':
      if (now < call.since + call.maxTransactionMs) wrong('too early');
      return 'none';
    case 'SQL_TRANSACTION_ENDED':
      // Work that goes on though its time is over, and nobody waits for it.
      if (isOne(call) || !isOver(call, now)) wrong('though its time is not over');
      return 'none';
    case 'SQL_TRANSACTION_FAILED':
      if (call.kind !== 'transaction' && call.kind !== 'use') wrong('though it has no transaction');
      if (!(error.cause instanceof PoolingError)) wrong('without saying which statement had failed');
      return 'none';
    case 'SQL_STATEMENT_FAILED':
      failedRightly(world, call, error as SqlError, wrong);
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

/** Somebody told its session apart, or it was cut twice for the sake of others. */
function lostSomething({ losses, spoilt, ending, now }: SqlWorld, call: Call): boolean {
  return losses.since(call.lossesBefore, now) || spoilt > call.spoiltBefore + 1 || ending !== undefined;
}

/** Its session, because a statement before this one could not be ended. */
function wasGivenUp(call: Call, fault: Fault | undefined): boolean {
  return !isOne(call) && fault?.outcome === 'not-sent';
}

function effectOf(fault: Fault | undefined): Effect {
  return fault?.outcome === 'unknown' || fault?.outcome === undefined ? 'unknown' : 'none';
}

function failedRightly(world: SqlWorld, call: Call, error: SqlError, wrong: (why: string) => void): void {
  const { fault, category } = error;
  const cause = fault?.cause;
  if (!(cause instanceof ModelError)) return wrong(`for ${String(cause)}`);
  if (error.cause !== cause) wrong('whose cause is another than its fault names');
  if (!call.injected.has(cause.code) && !world.mayHappen(cause.code, call))
    wrong(`for '${cause.code}', which did not happen to it`);
  if (CATEGORIES[fault!.category] !== category) wrong(`as ${category}, though it is ${fault!.category}`);
}

import type { ObservedSession } from '@nest-pooling/sql/testing';

/** Something that a caller asked of the pool, and waits for. */
export interface Call {
  readonly seq: number;
  readonly kind: CallKind;
  readonly since: number;
  /** When it must have an answer; `Infinity` if it named no time. */
  readonly deadline: number;
  /** How old its transactions may become. */
  readonly maxTransactionMs: number;
  /** Until when it waits for a session at least. */
  readonly patience: number;
  readonly controller: AbortController | undefined;
  /** It came after the pool was told to end. */
  readonly late: boolean;
  /** How many sessions had been lost before. */
  readonly lossesBefore: number;
  /** How many pipes had been spoilt before. */
  readonly spoiltBefore: number;
  /** Codes of the errors that its statements were given on purpose. */
  readonly injected: Set<string>;
  settled: boolean;
  /** Until when its caller himself is busy with what he got. */
  thinksUntil: number;
  /** When its last statement was sent. */
  sentAt: number;
  /** When the answer to its last statement arrived. */
  answeredAt: number;
  /** Where that was. */
  answeredOn: ObservedSession | undefined;
  /** When the time of its statement that runs is over. */
  statementDeadline: number;
}

export type CallKind = 'read' | 'write' | 'transaction' | 'use' | 'stream';

/** Statements carry the call that they belong to. */
const STEPS = 1_024;

/** The first parameter of a statement: whose it is, and which one of his. */
export function tagOf({ seq }: Call, step = 0): number {
  return seq * STEPS + step;
}

/** Whose statement it is. */
export function callOf(params: readonly unknown[] | undefined): number | undefined {
  const tag = params?.[0];
  return typeof tag === 'number' ? Math.floor(tag / STEPS) : undefined;
}

/** Alone on its session; reads may be or not. */
export function isExclusive({ kind }: Call): boolean {
  return kind !== 'read';
}

/** It is one statement. */
export function isOne({ kind }: Call): boolean {
  return kind === 'read' || kind === 'write';
}

/** It has given up, or must. */
export function isOver(call: Call, now: number): boolean {
  const { settled, deadline, statementDeadline, controller, since, maxTransactionMs } = call;
  return (
    settled ||
    now >= Math.min(deadline, statementDeadline, since + maxTransactionMs) ||
    controller?.signal.aborted === true
  );
}

import type { App } from './app.js';

export type CallKind =
  | 'read'
  | 'strong read'
  | 'write'
  | 'hidden write'
  | 'transaction'
  | 'use'
  | 'lent read'
  | 'token';

/** Something that a caller asked of a router, and waits for. */
export interface Call {
  readonly seq: number;
  readonly app: App;
  readonly kind: CallKind;
  readonly since: number;
  /** When it must have an answer; `Infinity` if it named no time. */
  readonly deadline: number;
  readonly controller: AbortController | undefined;
  /** It came after the routers were told to end. */
  readonly late: boolean;
  /** Nothing is asked of the node but to answer, and there is plenty of time for it. */
  readonly easy: boolean;
  /** It must see something. */
  readonly fresh: boolean;
  /** The app's primary was in rotation when it began. */
  readonly heardPrimary: boolean;
  settled: boolean;
}

/** It is one statement. */
export function isOne({ kind }: Call): boolean {
  return kind !== 'transaction' && kind !== 'use' && kind !== 'lent read';
}

/** Stalls less far from each other count together. */
export const STALLS_APART_MS = 500;

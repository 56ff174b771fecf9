import type { Timer } from '@nest-pooling/core';
import { ModelTransaction } from './model-database.js';
import type { Arrived, Outcome } from './model-messages.js';
import type { StatementFate } from './model-options.js';

/** A statement that runs on a server. */
export interface Running {
  readonly arrived: Arrived;
  readonly fate: StatementFate | undefined;
  /** What it writes in when no transaction is open. */
  readonly own: ModelTransaction;
  timer: Timer | undefined;
  /** It is committed, and no replica has it yet. */
  unconfirmed: Outcome | undefined;
}

/** It begins. */
export function runningOf(arrived: Arrived, fate: StatementFate | undefined): Running {
  return { arrived, fate, own: new ModelTransaction(), timer: undefined, unconfirmed: undefined };
}

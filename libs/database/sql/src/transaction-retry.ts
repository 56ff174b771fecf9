import type { Env } from '@nest-pooling/core';
import { SqlError } from './errors.js';
import type { TransactionRetry } from './sql-pool.js';
import type { StatementLimits } from './statement-limits.js';

const INITIAL_MS = 100;
const MAX_MS = 10_000;
/** Programs wrap errors; more often than this it is a circle. */
const DEEPEST = 8;

/**
 * Runs a transaction, and once more when another one got in its way (a serialization failure, a deadlock): nothing of it has
 * happened then. Pauses in between are random up to a bound that doubles, so that those who collided do not meet again.
 */
export async function retried<R>(
  env: Env,
  retry: TransactionRetry | undefined,
  limits: StatementLimits | undefined,
  attempt: () => Promise<R>,
): Promise<R> {
  const { attempts = 1, initialMs = INITIAL_MS, maxMs = MAX_MS } = retry ?? {};
  for (let done = 1; ; done++) {
    try {
      return await attempt();
    } catch (error) {
      if (done >= attempts || !isConflict(error)) throw error;
      const pauseMs = env.random() * Math.min(maxMs, initialMs * 2 ** (done - 1));
      const inTime = env.scheduler.now() + pauseMs < (limits?.deadline ?? Infinity);
      // Who has no time for another attempt gets the reason, not a timeout.
      if (!inTime || !(await pause(env, pauseMs, limits?.signal))) throw error;
    }
  }
}

/** Whether another transaction got in the way, and nothing of this one has happened. Seen through the errors of programs, too. */
export function isConflict(error: unknown): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < DEEPEST && typeof at === 'object' && at !== null; depth++) {
    const fault = at instanceof SqlError ? at.fault : undefined;
    if (fault !== undefined) return fault.category === 'conflict' && fault.outcome === 'rolled-back';
    at = (at as { readonly cause?: unknown }).cause;
  }
  return false;
}

/** Answers whether it went on to its end: `false` when the signal aborted. */
function pause({ scheduler }: Env, ms: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const onAbort = (): void => {
      timer.cancel();
      resolve(false);
    };
    const timer = scheduler.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve(true);
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

import type { Scheduler } from '@nest-pooling/core';

/** Resolves after `ms`; rejects with the signal's reason when that aborts before. */
export function pause(scheduler: Scheduler, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const stop = (): void => {
      timer.cancel();
      reject(signal!.reason as Error);
    };
    const timer = scheduler.after(ms, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}

import type { Env } from '@nest-pooling/core';
import type { GateLimits } from './failover-gate.js';

/** Waits for something that others wait for too; answers which limit of this caller came first, if one did. */
export function within(
  { scheduler }: Env,
  work: Promise<unknown>,
  { deadline, signal }: GateLimits,
): Promise<'expired' | 'aborted' | undefined> {
  const leftMs = deadline - scheduler.now();
  if (signal?.aborted) return Promise.resolve('aborted');
  if (leftMs <= 0) return Promise.resolve('expired');
  return new Promise((resolve) => {
    const end = (why: 'expired' | 'aborted' | undefined): void => {
      timer?.cancel();
      signal?.removeEventListener('abort', onAbort);
      resolve(why);
    };
    const onAbort = (): void => end('aborted');
    const timer = leftMs === Infinity ? undefined : scheduler.after(leftMs, () => end('expired'));
    signal?.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => end(undefined);
    work.then(settled, settled);
  });
}

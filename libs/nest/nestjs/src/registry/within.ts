import type { Env } from '@nest-pooling/core';

/** Waits for `work`, but not for longer than `timeoutMs`; then rejects with what `tooLate` makes. The work itself goes on. */
export async function within<R>(
  env: Env,
  timeoutMs: number,
  tooLate: () => Error,
  work: () => Promise<R>,
): Promise<R> {
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    const timer = env.scheduler.after(timeoutMs, () => reject(tooLate()));
    cancel = () => timer.cancel();
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    cancel();
  }
}

import type { Env } from '@nest-pooling/core';

/** Runs work that ends when `signal` aborts, or after `ms` (`Infinity` for no such limit). */
export async function withinTime<R>(
  { scheduler }: Env,
  signal: AbortSignal,
  ms: number,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  if (ms === Infinity) return work(signal);
  const own = new AbortController();
  const cut = (): void => own.abort(signal.reason);
  if (signal.aborted) cut();
  else signal.addEventListener('abort', cut, { once: true });
  // The answer may lie in a socket that a blocked event loop has not read yet.
  const timer = scheduler.after(ms, () =>
    scheduler.afterIo(() =>
      own.abort(new DOMException(`there was no answer within ${ms} ms`, 'TimeoutError')),
    ),
  );
  try {
    return await work(own.signal);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', cut);
  }
}

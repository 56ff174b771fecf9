import { deadlineKey, getContext, scopedSignal, type Env } from '@nest-pooling/core';

/** Until when and for whose sake something runs. */
export interface StatementLimits {
  /** On `scheduler.now()`; `Infinity` for no end. */
  readonly deadline: number;
  /** How long that was when it began, for the error. */
  readonly allowedMs: number;
  /** Of the caller, of the scope, or of both. */
  readonly signal: AbortSignal | undefined;
}

/** The limits of a call: the least of its own and the scope's deadline, and the signals of both; `undefined` when there are none. */
export function limitsOf(
  env: Env,
  options: { readonly timeoutMs?: number; readonly signal?: AbortSignal } | undefined,
): StatementLimits | undefined {
  const scope = getContext(deadlineKey);
  const timeoutMs = options?.timeoutMs;
  const signal = scopedSignal(options?.signal);
  if (timeoutMs === undefined && scope === undefined) {
    return signal === undefined ? undefined : { deadline: Infinity, allowedMs: Infinity, signal };
  }
  const now = env.scheduler.now();
  const deadline = Math.min(now + (timeoutMs ?? Infinity), scope ?? Infinity);
  return { deadline, allowedMs: Math.max(0, deadline - now), signal };
}

/**
 * Calls `over` once, when the deadline has passed (`undefined`) or the signal aborts (the signal). Answers the function that ends
 * the watch and leaves no timer and no listener behind.
 */
export function watchLimits(
  { scheduler }: Env,
  { deadline, signal }: StatementLimits,
  over: (signal: AbortSignal | undefined) => void,
): () => void {
  let watching = true;
  const end = (): void => {
    watching = false;
    timer?.cancel();
    signal?.removeEventListener('abort', onAbort);
  };
  const fire = (why: AbortSignal | undefined): void => {
    if (!watching) return;
    end();
    over(why);
  };
  const onAbort = (): void => fire(signal);
  // The answer may lie in a socket that a blocked event loop has not read yet.
  const timer =
    deadline === Infinity
      ? undefined
      : scheduler.after(Math.max(0, deadline - scheduler.now()), () =>
          scheduler.afterIo(() => fire(undefined)),
        );
  signal?.addEventListener('abort', onAbort, { once: true });
  return end;
}

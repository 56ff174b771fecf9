import { AsyncResource } from 'node:async_hooks';
import type { Env, Scheduler } from '@nest-pooling/core';

/**
 * Lets timers and I/O phases run in the asynchronous flow that they were made in, as Node does it: what one caller has set going goes
 * on in his scope, also where it then serves others.
 */
export function propagate({ scheduler }: Env): void {
  const after = scheduler.after.bind(scheduler);
  const afterIo = scheduler.afterIo.bind(scheduler);
  const bound: Pick<Scheduler, 'after' | 'afterIo'> = {
    after: (ms, fn) => after(ms, inThisFlow(fn)),
    afterIo: (fn) => afterIo(inThisFlow(fn)),
  };
  Object.assign(scheduler, bound);
}

/** As `AsyncResource.bind` does it, without what makes that dear. */
function inThisFlow(fn: () => void): () => void {
  const flow = new AsyncResource('SIMULATED');
  return () => flow.runInAsyncScope(fn);
}

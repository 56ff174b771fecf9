import { setTimeout as sleep } from 'node:timers/promises';
import { ServicesError } from './errors.js';

/** How long, and what for, {@link until} waits. */
export interface WaitOptions {
  /** Bound in milliseconds. */
  readonly timeoutMs: number;
  /** What is awaited; ends up in the error: "… within 500 ms: <what>". A function is asked at the end. */
  readonly what: string | (() => string);
  /** Pause between two looks, in milliseconds; default 10. */
  readonly everyMs?: number;
  /** Name of the server, for the error. */
  readonly node?: string;
}

/**
 * Looks again and again until `look` gives something other than `undefined` or `false`, and resolves with it. The timer
 * is a referenced one: a program that has nothing else to do must not end in the middle of a start or stop.
 * @throws ServicesError `SERVICES_TIMEOUT` after `timeoutMs`; what `look` throws goes through.
 */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const end = performance.now() + options.timeoutMs;
  for (;;) {
    // One look after the other is the meaning of polling.
    // eslint-disable-next-line no-await-in-loop
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() >= end) {
      const what = typeof options.what === 'string' ? options.what : options.what();
      const where = options.node === undefined ? '' : `${options.node}: `;
      throw new ServicesError(
        'SERVICES_TIMEOUT',
        `${where}waited ${options.timeoutMs} ms in vain until ${what}`,
        options.node === undefined ? {} : { node: options.node },
      );
    }
    // eslint-disable-next-line no-await-in-loop
    await sleep(options.everyMs ?? 10);
  }
}

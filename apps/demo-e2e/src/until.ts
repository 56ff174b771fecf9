import { setTimeout as sleep } from 'node:timers/promises';

/** No test waits for longer; long enough for a slow machine, so that only what never happens fails. */
export const PATIENCE_MS = 60_000;

/**
 * Asks again and again until the answer is not `undefined`; resolves with it and with the time that it took.
 *
 * @throws Error that says what did not happen.
 */
export async function until<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  everyMs = 20,
): Promise<{ value: T; ms: number }> {
  const begun = performance.now();
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    const value = await ask();
    const ms = Math.round(performance.now() - begun);
    if (value !== undefined) return { value, ms };
    if (ms > PATIENCE_MS) throw new Error(`Within ${PATIENCE_MS} ms it did not happen that ${what}.`);
    // oxlint-disable-next-line no-await-in-loop -- one question after the other
    await sleep(everyMs);
  }
}

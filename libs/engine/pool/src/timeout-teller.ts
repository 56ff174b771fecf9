import type { PoolingErrorInit } from '@nest-pooling/core';
import type { Engine } from './engine.js';
import { PoolTimeoutError, timeoutText, type PoolNumbers } from './errors.js';
import { holdersText } from './holders.js';
import { numbersOf } from './stats.js';

interface Told {
  readonly at: number;
  readonly waitedMs: number;
  readonly numbers: PoolNumbers;
  readonly init: PoolingErrorInit;
  readonly text: string;
}

/** Makes the errors of those whose time is over. Many time out at the same moment: what they are told is found out once. */
export class TimeoutTeller<T> {
  #told: Told | undefined;

  constructor(private readonly engine: Engine<T>) {}

  error(waitedMs: number, now: number): PoolTimeoutError {
    const { engine } = this;
    const rounded = Math.round(waitedMs);
    let told = this.#told;
    if (told === undefined || told.at !== now || told.waitedMs !== rounded) {
      const numbers = numbersOf(engine);
      const cause: unknown = engine.maker.outage.lastError;
      const { lastStallMs } = engine.env.scheduler;
      const text = timeoutText(rounded, numbers, holdersText(engine), lastStallMs, cause);
      const init = { retryAfterMs: 1_000, ...(cause === undefined ? {} : { cause }) };
      this.#told = told = { at: now, waitedMs: rounded, numbers, init, text };
    }
    const { numbers, text, init } = told;
    return new PoolTimeoutError(engine.settings.name, text, numbers, init);
  }
}

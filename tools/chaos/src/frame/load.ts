import { now } from './contender.js';
import type { Sample, Told } from './recording.js';

/** What one call is; `id` counts. */
export type Call = (id: number) => Promise<{ readonly wrong: boolean; readonly node?: string | undefined }>;

/** How calls are made. */
export interface LoadOptions {
  readonly workers: number;
  /** The pause of a worker after each call. */
  readonly pauseMs: number;
  /** The number of the first call; default 1. */
  readonly first?: number;
  /** That of the last; default none. */
  readonly last?: number;
  /** So many calls are begun per second, whatever becomes of them; without workers. */
  readonly perSecond?: number;
}

/** A call that does not settle within this time after the end of the load never does. */
const SETTLE_MS = 10_000;

/** Workers that call one after the other, with a pause in between, and note what they got. */
export class Load {
  readonly samples: Sample[] = [];
  #going = true;
  #next: number;
  readonly #begun = new Map<number, number>();
  readonly #workers: readonly Promise<void>[];

  constructor(
    private readonly options: LoadOptions,
    private readonly call: Call,
  ) {
    const { workers, pauseMs, first = 1, perSecond } = options;
    this.#next = first;
    this.#workers =
      perSecond === undefined
        ? Array.from({ length: workers }, (_, n) => this.#work((n / workers) * pauseMs))
        : [this.#offer(perSecond)];
  }

  /** Resolves when it has come to its `last` call. */
  async done(): Promise<readonly Sample[]> {
    await Promise.all(this.#workers);
    return this.samples;
  }

  /** Ends it. What has not settled after a while is noted as that. */
  async stop(): Promise<readonly Sample[]> {
    this.#going = false;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, SETTLE_MS);
    });
    await Promise.race([Promise.all(this.#workers), late]);
    clearTimeout(timer);
    for (const [id, at] of this.#begun) this.samples.push({ at, ms: now() - at, id, code: 'NEVER_SETTLED' });
    return this.samples;
  }

  async #work(offsetMs: number): Promise<void> {
    await pause(offsetMs);
    const { pauseMs, last = Infinity } = this.options;
    while (this.#going && this.#next <= last) {
      await this.#once(this.#next++);
      // Never none: calls that fail at once would leave no turn to anybody else.
      await pause(pauseMs);
    }
  }

  /** As many per second however long they take. */
  async #offer(perSecond: number): Promise<void> {
    const begun = now();
    const calls: Promise<void>[] = [];
    while (this.#going) {
      const due = ((now() - begun) * perSecond) / 1_000;
      while (calls.length < due) calls.push(this.#once(this.#next++));
      await pause(5);
    }
    await Promise.all(calls);
  }

  async #once(id: number): Promise<void> {
    const at = now();
    this.#begun.set(id, at);
    try {
      const { wrong, node } = await this.call(id);
      this.samples.push({ at, ms: now() - at, id, code: wrong ? 'WRONG' : '', node });
    } catch (error) {
      this.samples.push({ at, ms: now() - at, id, code: codeOf(error), told: toldBy(error) });
    }
    this.#begun.delete(id);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

function codeOf(error: unknown): string {
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return cause === undefined ? String(message).slice(0, 60) : codeOf(cause);
}

/** Ours say so; of others nobody knows. */
function toldBy(error: unknown): Told {
  const { category, fault } = error as { category?: string; fault?: { outcome: string } };
  if (fault?.outcome === 'unknown') return 'unknown';
  return category === 'unavailable' ? 'not done' : 'nothing';
}

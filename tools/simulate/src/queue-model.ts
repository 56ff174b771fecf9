import { VirtualEnv } from '@nest-pooling/core/testing';
import { CoDel, type CoDelOptions } from '@nest-pooling/pool';

/** What is asked of a pool, and for how long. */
export interface QueueLoad {
  readonly seed: number;
  /** Resources. */
  readonly servers: number;
  /** How long each is held on average, in milliseconds; spread as an exponential distribution. */
  readonly serviceMs: number;
  /** How long a caller waits at most, in milliseconds. */
  readonly deadlineMs: number;
  readonly durationMs: number;
  /** What is asked at a moment, as a multiple of what the resources can do; arrivals are at random. */
  readonly load: (now: number) => number;
  /** Who arrives earlier is not counted. */
  readonly fromMs?: number;
}

/** What became of those who arrived. */
export interface QueueOutcome {
  readonly offered: number;
  /** The waits of those who were served, sorted, in milliseconds. */
  readonly waits: readonly number[];
  readonly dropped: number;
  readonly timedOut: number;
}

/**
 * A queue before several resources, on virtual time: in the order of arrival, and with CoDel where its options
 * are given. The same seed gives the same callers with and without it.
 */
export function playQueue(load: QueueLoad, shedding?: CoDelOptions): QueueOutcome {
  const { servers, serviceMs, deadlineMs, durationMs, fromMs = 0 } = load;
  const arrivals = new VirtualEnv(load.seed);
  const services = new VirtualEnv(load.seed + 1);
  const codel = shedding && new CoDel(shedding);
  const free = new Array<number>(servers).fill(0);
  const queue: number[] = [];
  const waits: number[] = [];
  let first = 0;
  let offered = 0;
  let dropped = 0;
  let timedOut = 0;

  const counts = (arrivedAt: number): boolean => arrivedAt >= fromMs;

  /** Serves whoever may be served by resources that are free before `now`. */
  function serveUntil(now: number): void {
    while (first < queue.length) {
      const at = free.indexOf(Math.min(...free));
      const freeAt = Math.max(free[at]!, queue[first]!);
      if (freeAt > now) return;
      const arrivedAt = queue[first++]!;
      const waited = freeAt - arrivedAt;
      if (waited >= deadlineMs) timedOut += Number(counts(arrivedAt));
      // Who finds a resource idle does not pass through the queue of a pool.
      else if (waited > 0 && codel?.overloaded(waited, freeAt)) dropped += Number(counts(arrivedAt));
      else {
        if (counts(arrivedAt)) waits.push(waited);
        free[at] = freeAt + spread(services) * serviceMs;
      }
      if (queue[first] === undefined || queue[first]! > freeAt) codel?.emptied();
    }
  }

  for (let now = 0; ;) {
    now += (spread(arrivals) * serviceMs) / servers / load.load(now);
    if (now > durationMs) break;
    serveUntil(now);
    offered += Number(counts(now));
    queue.push(now);
  }
  serveUntil(Infinity);
  return { offered, waits: waits.toSorted((a, b) => a - b), dropped, timedOut };
}

/** The value that `p` percent of sorted ones do not exceed. */
export function percentile(sorted: readonly number[], p: number): number {
  return sorted[Math.max(1, Math.ceil((p / 100) * sorted.length)) - 1] ?? Number.NaN;
}

function spread({ random }: VirtualEnv): number {
  return -Math.log(1 - random());
}

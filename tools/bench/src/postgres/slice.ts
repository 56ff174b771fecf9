import { CENTS_PER_ID, ITEMS, nameOf, type Contender, type Item } from './contender.js';

/** What one contender did in one slice of time. */
export interface Slice {
  /** Answers per second. */
  readonly perSecond: number;
  /** CPU of this process for each, in microseconds; what the server takes is not in it. */
  readonly cpuUs: number;
  /** Latencies of those that were timed, in milliseconds, ascending. */
  readonly latencies: readonly number[];
}

/** One operation; throws when the answer is wrong. */
export type Operation = (contender: Contender, id: number) => Promise<void>;

/** How a slice is worked. */
export interface SliceOptions {
  readonly workers: number;
  readonly ms: number;
  /** Each operation is timed, which costs a clock read or two. */
  readonly timed?: boolean;
  /** Every so many-th operation is this one instead; it is not counted. */
  readonly disturbance?: { readonly every: number; readonly operation: Operation };
}

/** Some workers, each one operation after the other, on ids that spread over the whole table. */
export async function slice(
  contender: Contender,
  operation: Operation,
  options: SliceOptions,
): Promise<Slice> {
  const { workers, ms, timed = false, disturbance } = options;
  let done = 0;
  let begun = 0;
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const end = began + ms;
  let over = false;
  const timer = setTimeout(() => (over = true), ms);
  const work = async (seed: number): Promise<void> => {
    for (let id = seed; !over;) {
      id = ((id * 7_919 + 13) % ITEMS) + 1;
      if (disturbance !== undefined && ++begun % disturbance.every === 0) {
        await disturbance.operation(contender, id);
        continue;
      }
      const before = timed ? performance.now() : 0;
      await operation(contender, id);
      if (timed) latencies.push(performance.now() - before);
      done++;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, at) => work(at + 1)));
  clearTimeout(timer);
  // Those that were begun before the end count whole, and so does their time.
  const wallMs = Math.max(performance.now(), end) - began;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: (done / wallMs) * 1_000,
    cpuUs: (user + system) / done,
    latencies: latencies.toSorted((a, b) => a - b),
  };
}

/** Throws unless the row is the one that was asked for: a fast wrong answer is worth nothing. */
export function checkItem(row: Item | undefined, id: number): void {
  const right = row !== undefined && row.id === id && row.name === nameOf(id);
  // Writes have made them more, at most.
  if (!right || !Number.isInteger(row.cents) || row.cents < CENTS_PER_ID * id) {
    throw new Error(`asked for item ${id}, got ${JSON.stringify(row)}`);
  }
}

/** Begins so many reads by id at once, and answers why those failed that did, a wrong answer included. */
export async function failuresAtOnce(contender: Contender, queries: number): Promise<readonly unknown[]> {
  const read = (_: unknown, at: number): Promise<void> => operations.byId(contender, (at % ITEMS) + 1);
  const ends = await Promise.allSettled(Array.from({ length: queries }, read));
  return ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
}

/** What is measured. */
export const operations = {
  one: async (contender: Contender) => {
    const row = await contender.one();
    if (row?.one !== 1) throw new Error(`asked for 1, got ${JSON.stringify(row)}`);
  },
  byId: async (contender: Contender, id: number) => checkItem(await contender.byId(id), id),
  byIdPlain: async (contender: Contender, id: number) => checkItem(await contender.byIdPlain(id), id),
  borrowed: async (contender: Contender, id: number) => checkItem(await contender.borrowed!(id), id),
  transaction: async (contender: Contender, id: number) => checkItem(await contender.transaction!(id), id),
  update: async (contender: Contender, id: number) => {
    const changed = await contender.update(id);
    if (changed !== 1) throw new Error(`asked to change one row, changed ${changed}`);
  },
  sleep: async (contender: Contender) => {
    await contender.sleep();
  },
} satisfies Record<string, Operation>;

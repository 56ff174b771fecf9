import type { SqlWorld } from './world.js';

/** One write that a caller asked for, under a value that no other has. */
export interface Write {
  readonly key: string;
  readonly value: string;
  /** How often it was committed. */
  times: number;
  /** How often it may have been, once its caller knows; `undefined` before. */
  expected: 'once' | 'never' | 'once or never' | undefined;
}

/** What was written, as the server has it and as the callers were told. */
export class Ledger {
  readonly #writes = new Map<string, Write>();
  /** Committed values by their place in the history of their key. */
  readonly #places = new Map<string, number>();
  readonly #lengths = new Map<string, number>();
  /** Writes of transactions: all of one happened, or none. */
  readonly #together: (readonly Write[])[] = [];

  constructor(private readonly world: SqlWorld) {}

  /** A new write of a key. Its value tells the key. */
  newWrite(key: string): Write {
    const value = `${key}#${this.#writes.size + 1}`;
    const write: Write = { key, value, times: 0, expected: undefined };
    this.#writes.set(value, write);
    return write;
  }

  /** The server has committed a value. */
  committed(key: string, value: unknown): void {
    const { world } = this;
    const write = this.#writes.get(String(value));
    world.trace.note('committed', this.#length(key));
    if (write === undefined) return world.fail(`${String(value)} was written, by nobody`);
    write.times++;
    this.#places.set(write.value, this.#length(key) + 1);
    this.#lengths.set(key, this.#length(key) + 1);
    this.#check(write);
  }

  /** Its caller knows what became of it. */
  expect(write: Write, expected: NonNullable<Write['expected']>): void {
    write.expected = expected;
    if (expected === 'once' && write.times === 0)
      this.world.fail(`the write ${write.value} was acknowledged, but has no effect`);
    this.#check(write);
  }

  /** Nobody knows whether they happened, but they did so together or not at all. */
  expectTogether(writes: readonly Write[]): void {
    for (const write of writes) this.expect(write, 'once or never');
    this.#together.push(writes);
  }

  /** How much has happened to a key. */
  #length(key: string): number {
    return this.#lengths.get(key) ?? 0;
  }

  /** A moment that a later read is compared with. */
  moment(key: string): number {
    return this.#length(key);
  }

  /** Says what is wrong with a value that a read of `key` has given, which began at `moment`. */
  complaint(key: string, value: unknown, moment: number): string | undefined {
    if (value === undefined) return moment === 0 ? undefined : `nothing, though ${key} has a value`;
    if (typeof value !== 'string') return `a ${typeof value}`;
    const write = this.#writes.get(value);
    if (write === undefined || write.key !== key) return `${value}, which is not of ${key}`;
    const place = this.#places.get(write.value);
    if (place === undefined) return `${write.value}, which was not committed`;
    return place < moment ? `${write.value}, which is older than the read` : undefined;
  }

  /** Everything is over. */
  finish(): void {
    for (const writes of this.#together) {
      const times = new Set(writes.map((write) => write.times));
      if (times.size > 1) this.world.fail(`a transaction happened in part: ${writes.map(textOf).join()}`);
    }
  }

  #check(write: Write): void {
    if (write.times > 1) this.world.fail(`the write ${write.value} happened ${write.times} times`);
    if (write.expected === 'never' && write.times > 0)
      this.world.fail(`the write ${write.value} happened, though its caller was told that it did not`);
  }
}

function textOf({ value, times }: Write): string {
  return `${value}: ${times}`;
}

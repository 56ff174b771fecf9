import type { App } from './app.js';
import type { RouterWorld } from './world.js';

/** One write that a caller asked for, under a value that no other has. */
export interface Write {
  readonly key: string;
  readonly value: string;
  /** How often it was committed, wherever. */
  times: number;
  /** Its place among all commits; of those that were not lost, this is their order in every log. */
  order: number;
  /** The history that it was committed in. */
  timeline: number;
  /** No server that counts has it. */
  lost: boolean;
  /** It may have been done twice: it was sent so often, outside of transactions. */
  sent: number;
  /** Who was told that it happened, and when. */
  app: App | undefined;
  at: number;
  /** The place of that among all that anybody was told. */
  told: number;
  /** How often it may have been committed, once its caller knows; `undefined` before. */
  expected: 'once' | 'never' | 'once or never' | undefined;
}

/** What was written, as the servers have it and as the callers were told. */
export class Ledger {
  readonly #writes = new Map<string, Write>();
  #orders = 0;
  /** How many writes somebody was told to have happened. */
  told = 0;

  constructor(private readonly world: RouterWorld) {}

  /** A new write of a key. Its value tells the key. */
  newWrite(key: string): Write {
    const value = `${key}#${this.#writes.size + 1}`;
    const write: Write = {
      key,
      value,
      times: 0,
      order: 0,
      timeline: 0,
      lost: false,
      sent: 0,
      app: undefined,
      at: Infinity,
      told: Infinity,
      expected: undefined,
    };
    this.#writes.set(value, write);
    return write;
  }

  /** The write of that value. */
  of(value: unknown): Write | undefined {
    return this.#writes.get(String(value));
  }

  /** A server has committed a value. */
  committed(value: unknown, node: string): void {
    const { world } = this;
    const write = this.of(value);
    if (write === undefined) return world.fail(`${String(value)} was written, by nobody`);
    write.times++;
    write.order = ++this.#orders;
    write.timeline = world.cluster.server(node).timeline;
    // Whoever has been succeeded writes for nobody.
    write.lost = node !== world.operator.primary;
    world.trace.note(`committed ${write.value} on ${node}`, write.order);
    this.#check(write);
  }

  /** Another server is the primary: what it does not have is gone. Answers how much of that was acknowledged. */
  promoted(node: string): number {
    const kept = new Set(this.world.cluster.logOf(node).entries.map(({ value }) => value));
    let acknowledged = 0;
    for (const write of this.#writes.values()) {
      if (write.times === 0 || write.lost || kept.has(write.value)) continue;
      write.lost = true;
      if (write.expected === 'once') acknowledged++;
    }
    return acknowledged;
  }

  /** Its caller knows what became of it. */
  expect(write: Write, expected: NonNullable<Write['expected']>, app: App): void {
    const { world } = this;
    write.expected = expected;
    if (expected === 'once') {
      write.app = app;
      write.at = world.now;
      write.told = ++this.told;
      if (write.times === 0) world.fail(`the write ${write.value} was acknowledged, but has no effect`);
    }
    this.#check(write);
  }

  /** Everything is over: the primary has what was acknowledged and not lost. */
  finish(): void {
    const { world } = this;
    const { primary } = world.operator;
    const kept = new Set(world.cluster.logOf(primary).entries.map(({ value }) => value));
    for (const { value, expected, lost } of this.#writes.values())
      if (expected === 'once' && !lost && !kept.has(value))
        world.fail(`the write ${value} was acknowledged, and ${primary} does not have it`);
  }

  /** Says what is wrong with a value that `node` has given for `key`, when it must not be older than `floor`. */
  complaint(key: string, value: unknown, node: string, floor: Write | undefined): string | undefined {
    if (value === undefined) return floor && `nothing on ${node}, which is older than ${floor.value}`;
    const write = this.of(value);
    if (write === undefined || write.key !== key)
      return `${write?.value ?? 'a value of nobody'}, which is not of ${key}`;
    if (write.times === 0) return `${write.value}, which was not committed`;
    if (floor === undefined) return undefined;
    const values = this.world.cluster.logOf(node).valuesOf(key);
    const place = values.lastIndexOf(write.value);
    // Its server has gone back since.
    if (place < 0 || write === floor) return undefined;
    const least = values.lastIndexOf(floor.value);
    if (least >= 0 && least <= place) return undefined;
    return `${write.value} on ${node}, which is older than ${floor.value}`;
  }

  #check(write: Write): void {
    if (write.times > 1) this.world.fail(`the write ${write.value} happened ${write.times} times`);
    if (write.expected === 'never' && write.times > 0)
      this.world.fail(`the write ${write.value} happened, though its caller was told that it did not`);
  }
}

import type { Demo } from './demo.js';
import { Counts, type Order } from './shop.js';
import { until } from './until.js';

/** Loops that read orders one after the other and check every value. */
export class Load {
  /** What went wrong, in words. */
  readonly failures: string[] = [];
  /** How many reads have been answered. */
  reads = 0;
  /** Milliseconds of the slowest read. */
  slowestMs = 0;
  #phase = new Counts();
  #stopped = false;
  readonly #loops: Promise<void>[];

  constructor(
    private readonly demo: Demo,
    private readonly orders: readonly Order[],
    loops: number,
  ) {
    this.#loops = Array.from({ length: loops }, (_, n) => this.#loop(n));
  }

  /** Who has answered since the last call of {@link Load.nextPhase}. */
  get phase(): Counts {
    return this.#phase;
  }

  /** Counts from zero. Reads that are under way count to the new phase. */
  nextPhase(): Counts {
    const ended = this.#phase;
    this.#phase = new Counts();
    return ended;
  }

  /** Resolves when so many more reads have been answered. */
  async more(count: number): Promise<void> {
    const goal = this.reads + count;
    await until(`there were ${goal} reads`, () => (this.reads >= goal ? true : undefined));
  }

  /** Ends the loops. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
  }

  async #loop(start: number): Promise<void> {
    for (let n = start; !this.#stopped; n += 7) {
      const order = this.orders[n % this.orders.length]!;
      try {
        // oxlint-disable-next-line no-await-in-loop -- a loop is one client
        const { status, body, text, node, ms } = await this.demo.get(`/orders/${order.id}`);
        this.slowestMs = Math.max(this.slowestMs, Math.round(ms));
        this.#phase.add(node);
        if (status !== 200) this.failures.push(`order ${order.id}: ${status} ${text}`);
        else if (JSON.stringify(body) !== JSON.stringify(order))
          this.failures.push(`order ${order.id}: ${text}`);
      } catch (error) {
        this.failures.push(`order ${order.id}: ${String(error)}`);
      }
      this.reads++;
    }
  }
}

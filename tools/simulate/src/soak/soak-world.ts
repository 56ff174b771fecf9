import { systemEnv } from '@nest-pooling/core';
import { Pool, type CheckResult, type Lease, type ResourceFactory } from '@nest-pooling/pool';
import { Dice } from '../seeds/dice.js';

/** What the soaked pools lend. */
export interface Thing {
  readonly id: number;
  holders: number;
  destroyed: boolean;
  /** Kept so that a pool that forgets resources shows in the heap. */
  readonly load: Uint8Array;
}

const LOAD_BYTES = 4_096;

/** What happened so far. */
export interface SoakCounts {
  pools: number;
  acquires: number;
  served: number;
  refused: number;
  faults: number;
  created: number;
}

/** One pool in real time, with a faulty factory, and what must be true of it. */
export class SoakWorld implements ResourceFactory<Thing> {
  readonly pool: Pool<Thing>;
  readonly held: { lease: Lease<Thing>; thing: Thing }[] = [];
  /** Acquires without an answer. */
  waiting = 0;
  live = 0;
  ended = false;
  #max = 6;
  /** Resources that may exist at the moment: sinks only as they drain. */
  #allowed = 6;

  constructor(
    private readonly dice: Dice,
    readonly counts: SoakCounts,
    readonly violations: string[],
  ) {
    counts.pools++;
    this.pool = new Pool<Thing>({
      name: `soak-${counts.pools}`,
      factory: this,
      min: dice.below(3),
      max: this.#max,
      maxUses: dice.pick([3, 50]),
      acquireTimeoutMs: 60,
      createTimeoutMs: 15,
      createBackoff: { initialMs: 2, maxMs: 20 },
      failFastAfterMs: dice.pick([20, 500]),
      idleTimeoutMs: dice.pick([100, 1_000]),
      maxLifetimeMs: dice.pick([150, 2_000]),
      validateAfterIdleMs: dice.pick([0, 100]),
      validateTimeoutMs: 10,
      resetTimeoutMs: 10,
      destroyTimeoutMs: 15,
      closeTimeoutMs: 40,
    });
  }

  async create(): Promise<Thing> {
    await this.#work();
    this.live++;
    return { id: ++this.counts.created, holders: 0, destroyed: false, load: new Uint8Array(LOAD_BYTES) };
  }

  check(thing: Thing): CheckResult {
    if (thing.holders > 0) this.#fail(`${thing.id} is checked while it is lent`);
    return this.dice.chance(0.9) ? 'ok' : this.dice.pick(['reset', 'broken']);
  }

  async validate(): Promise<boolean> {
    await this.#work();
    return true;
  }

  reset(): Promise<void> {
    return this.#work();
  }

  async destroy(thing: Thing): Promise<void> {
    if (thing.destroyed) this.#fail(`${thing.id} is destroyed twice`);
    if (thing.holders > 0 && !this.ended) this.#fail(`${thing.id} is destroyed while it is lent`);
    thing.destroyed = true;
    this.live--;
    await this.#work();
  }

  acquire(): void {
    const { dice, counts, pool } = this;
    const controller = dice.chance(0.2) ? new AbortController() : undefined;
    counts.acquires++;
    this.waiting++;
    pool.acquire({ timeoutMs: 1 + dice.below(80), ...(controller && { signal: controller.signal }) }).then(
      (lease) => this.#served(lease),
      () => {
        this.waiting--;
        counts.refused++;
      },
    );
    if (controller !== undefined && dice.chance(0.5)) controller.abort();
  }

  release(): void {
    const at = this.dice.below(this.held.length + 1);
    const held = this.held[at];
    if (held === undefined) return;
    this.held.splice(at, 1);
    held.thing.holders--;
    if (this.dice.chance(0.1)) held.lease.discard();
    else held.lease.release();
    if (this.dice.chance(0.05)) held.lease.release();
  }

  resize(): void {
    const max = 1 + this.dice.below(8);
    this.pool.resize({ min: this.dice.below(max + 1), max });
    this.#max = max;
    this.#allowed = Math.max(this.#allowed, max);
  }

  /** What must be true at any moment. */
  verify(): void {
    const { total, idle, leased, creating, checking, closing } = this.pool.stats();
    if (total > this.#allowed) this.#fail(`${total} resources, at most ${this.#allowed} are allowed`);
    this.#allowed = Math.max(this.#max, Math.min(this.#allowed, total));
    if (total !== idle + leased + creating + checking + closing) this.#fail('the numbers do not add up');
  }

  /** Ends the pool in one of the ways there are; afterwards nothing may be left. */
  async end(): Promise<void> {
    const { pool, dice } = this;
    this.ended = true;
    await (dice.chance(0.5) ? pool.drain({ deadlineMs: dice.pick([0, 30]) }) : pool.close());
    for (const { lease } of this.held.splice(0)) lease[Symbol.dispose]();
    // Creates that come too late are destroyed too late.
    await pause(30);
    if (this.waiting > 0) this.#fail(`${this.waiting} callers got no answer`);
    if (this.live !== 0) this.#fail(`${this.live} resources were never destroyed`);
    const { total, status } = pool.stats();
    if (total > 0 || status !== 'closed') this.#fail(`it is ${status} with ${total} resources`);
  }

  #served(lease: Lease<Thing>): void {
    this.waiting--;
    this.counts.served++;
    if (!lease.active) {
      if (!this.ended) this.#fail('a lease was over before it began');
      return;
    }
    const thing = lease.resource;
    if (thing.holders++ > 0) this.#fail(`${thing.id} is lent twice`);
    if (thing.destroyed) this.#fail(`${thing.id} is lent after its end`);
    this.held.push({ lease, thing });
  }

  async #work(): Promise<void> {
    const { dice } = this;
    if (dice.chance(0.6)) return;
    await pause(dice.below(4));
    if (!dice.chance(0.3)) return;
    this.counts.faults++;
    // Later than any timeout, so that it looks like what hangs, but leaves nothing behind in the end.
    if (dice.chance(0.5)) await pause(25);
    else throw new Error('the factory failed');
  }

  #fail(what: string): void {
    this.violations.push(`${this.pool.name}: ${what}`);
  }
}

/** Lets so many milliseconds of real time pass. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemEnv.scheduler.after(ms, resolve));
}

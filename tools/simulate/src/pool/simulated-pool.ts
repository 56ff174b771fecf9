import type { Lease, Pool } from '@nest-pooling/pool';
import { codeOf } from './caller.js';
import { Callers, type Asking } from './callers.js';
import { FaultyFactory } from './faulty-factory.js';
import type { Resource } from './resource.js';
import type { Setup } from './setup.js';
import type { World } from './world.js';

/** A lease and what it was given for. */
export interface Held {
  readonly lease: Lease<Resource>;
  readonly resource: Resource;
}

/** One pool, its callers, and what must be true of each answer that they get. */
export class SimulatedPool {
  readonly pool: Pool<Resource>;
  readonly factory: FaultyFactory;
  readonly held: Held[] = [];
  /** Leases that have ended; kept for those who use them all the same. */
  readonly ended: Lease<Resource>[] = [];
  readonly callers: Callers;
  /** How many resources somebody wants to exist. */
  readonly goals = new Set<{ readonly n: number }>();
  max: number;
  /** How many were idle when it was resumed, since the last look. */
  parked = 0;
  /** Leases that were used or ended after their end. */
  misuses = 0;
  abandoned = false;
  ending: { closed: boolean; readonly limitMs: number } | undefined;

  constructor(
    readonly world: World,
    readonly name: string,
    readonly setup: Setup,
  ) {
    this.factory = new FaultyFactory(world, setup);
    this.callers = new Callers(this);
    this.max = setup.settings.max;
    this.pool = new world.engine.Pool(
      {
        name,
        factory: this.factory.hooks(),
        ...setup.settings,
        ...(world.budget && { budget: world.budget }),
      },
      world.env,
    );
  }

  /** How many wait, by the engine's own cheap account. */
  get waiting(): number {
    return this.pool.load - this.pool.leased;
  }

  acquire(asking: Asking): void {
    const { caller, options } = this.callers.ask(asking);
    this.pool.acquire(options).then(
      (lease) => {
        this.callers.served(caller);
        this.#hold(lease);
      },
      (error: unknown) => this.callers.failed(caller, error),
    );
  }

  tryAcquire(): void {
    const { waiting } = this;
    const lease = this.pool.tryAcquire();
    if (lease === undefined) return;
    this.callers.servedAtOnce(waiting);
    this.#hold(lease);
  }

  /**
   * Borrows for `ms`; `fails` lets the work reject, which must not matter to the pool; `nested` lets it want a second
   * one, which may be what everybody waits for.
   */
  use(ms: number, fails: boolean, asking?: Asking, nested = false): void {
    const { waiting, factory, world } = this;
    const { caller, options } = this.callers.ask(asking ?? {});
    let atOnce = true;
    let begun = false;
    const work = async (resource: Resource): Promise<void> => {
      begun = true;
      if (atOnce) {
        this.callers.servedAtOnce(waiting);
        this.callers.pending.delete(caller);
      } else this.callers.served(caller);
      factory.lent(resource);
      if (nested) this.acquire({ timeoutMs: ms });
      if (ms > 0) await world.nap(ms);
      factory.returned(resource);
      if (fails) throw new Error('the work failed');
    };
    const over = (error?: unknown): void => {
      if (!begun) this.callers.failed(caller, error);
    };
    this.pool.use(work, asking === undefined ? undefined : options).then(() => over(), over);
    atOnce = false;
  }

  /** Ends a borrowing in one of the ways there are. */
  end(at: number, how: 'release' | 'discard' | 'dispose'): void {
    const held = this.held[at];
    if (held === undefined) return;
    this.held[at] = this.held.at(-1)!;
    this.held.pop();
    const { lease, resource } = held;
    const taken = resource.holders === 0;
    this.factory.returned(resource);
    if (taken && how !== 'dispose') this.misuses++;
    if (how === 'discard') {
      resource.doomed ??= 'it was discarded';
      resource.verdictAt = this.world.now;
      lease.discard('no good');
    } else if (how === 'release') lease.release();
    else lease[Symbol.dispose]();
    if (lease.active) this.world.fail('a lease is active after its end');
    this.ended.push(lease);
    if (this.ended.length > 8) this.ended.shift();
  }

  /** Does with a lease what nobody may after its end. */
  misuse(what: 'release' | 'discard' | 'use'): void {
    const { world, ended } = this;
    const lease = ended.length === 0 ? undefined : world.dice.pick(ended);
    if (lease === undefined) return;
    this.misuses++;
    try {
      if (what === 'release') lease.release();
      else if (what === 'discard') lease.discard();
      else world.fail(`an ended lease still gives resource ${lease.resource.id}`);
    } catch (error) {
      if (what !== 'use' || codeOf(error) !== 'POOL_LEASE_ENDED') world.fail(`${what} after the end threw`);
    }
  }

  warm(n: number): void {
    this.#goal(n, this.pool.warm(n));
  }

  start(): void {
    this.#goal(this.factory.minNow, this.pool.start());
  }

  /** Loses a lease: nobody has it any more, and it was never released. */
  lose(at: number): void {
    const held = this.held[at];
    if (held === undefined || held.resource.holders === 0) return;
    // Without the diagnostic it would be lost for good, and everything else with it.
    if (!this.setup.settings.leak.collected) return;
    this.held.splice(at, 1);
    held.resource.lost = true;
    this.world.env.collect(held.lease);
  }

  resize(min: number, max: number): void {
    this.pool.resize({ min, max });
    this.max = max;
    this.factory.minNow = min;
  }

  /** Everything that exists now goes soon; `immediately`, nobody gets it any more. */
  async evict(immediately: boolean): Promise<void> {
    // Who was given one and has not heard of it yet has it before this.
    await this.world.env.settle();
    for (const resource of this.factory.all()) {
      resource.evicted = true;
      if (immediately) resource.doomed ??= 'it was evicted';
    }
    this.pool.evict('evicted', { immediately });
  }

  async invalidate(): Promise<void> {
    await this.world.env.settle();
    const resource = this.factory.any();
    if (resource === undefined) return;
    resource.doomed ??= 'it was invalidated';
    this.pool.invalidate(resource, 'invalid');
  }

  resume(): void {
    // What was put aside for those who waited is idle now.
    if (this.pool.status === 'suspended') this.parked = this.pool.stats().idle;
    this.pool.resume();
  }

  abandon(): void {
    this.abandoned = true;
    this.pool.abandonWaiters('nobody answers');
  }

  #goal(n: number, reached: Promise<void>): void {
    const goal = { n };
    this.goals.add(goal);
    const over = (): void => void this.goals.delete(goal);
    reached.then(over, over);
  }

  #hold(lease: Lease<Resource>): void {
    // Taken away again before its holder heard of it.
    if (!lease.active && this.ending !== undefined) return;
    const { resource } = lease;
    this.factory.lent(resource);
    this.held.push({ lease, resource });
    // Whoever heals a world wants everything back.
    if (this.world.healing) this.end(this.held.length - 1, 'release');
  }
}

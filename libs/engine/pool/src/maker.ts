import { PoolClosedError, PoolCreateTimeoutError, type PoolCreateError } from './errors.js';
import { bounded, type Bounded } from './bounded.js';
import { disposerOf } from './disposer.js';
import type { Engine } from './engine.js';
import { Goals } from './goals.js';
import { sweep } from './modes.js';
import { Outage } from './outage.js';
import { CLOSING, Slot } from './slot.js';

/**
 * Creates and destroys. Creates as many as are wanted, not more than may be, a few at a time; after a failure
 * it waits, longer each time, on the scheduler and never on the microtask queue.
 */
export class Maker<T> {
  creating = 0;
  closing = 0;
  readonly outage: Outage<T>;
  readonly #underWay = new Set<Bounded<T>>();
  /** Creates that failed, but whose factory has not let go. */
  readonly #abandoned = new Set<Bounded<void>>();
  readonly #destroy: (resource: T, reason: string) => Promise<void>;
  readonly #goals = new Goals();
  #nextId = 1;
  #forgetBudget: (() => void) | undefined;
  /** It was told how many more are wanted. */
  #claimed = false;
  #stopped = false;

  constructor(private readonly engine: Engine<T>) {
    this.outage = new Outage(engine, () => this.ensure());
    this.#destroy = disposerOf(engine.factory);
    this.#forgetBudget = engine.budget?.onFree(() => this.ensure());
  }

  /** How many resources should exist though nobody waits for them. */
  get wanted(): number {
    return this.#goals.highest(this.engine.settings.min);
  }

  /** Starts as many creates as `min` and the waiters want and the limits allow. */
  ensure(): void {
    const { engine } = this;
    if (this.#stopped || engine.status === 'starting' || this.outage.paused) return;
    const demand = this.#demand();
    if (demand <= 0) this.#claim(0);
    const { settings, slots, budget } = engine;
    let missing = Math.min(demand, settings.max - slots.size, settings.createConcurrency - this.creating);
    while (missing-- > 0) {
      if (budget !== undefined && !budget.tryTake(engine)) {
        this.#claim(missing + 1);
        return;
      }
      this.#create();
    }
  }

  /** Creates until `n` resources exist; rejects with the first failure. */
  warm(n: number): Promise<void> {
    const { name } = this.engine.settings;
    if (this.#stopped) return Promise.reject(new PoolClosedError(name, 'closed'));
    const reached = this.#goals.add(n);
    this.reach();
    this.retryNow();
    return reached;
  }

  /** Tells those who warm how far it is. Who wants more than there may be has what can be had. */
  reach(): void {
    const { slots, settings } = this.engine;
    const there = slots.size - this.closing - this.creating;
    this.#goals.reach(there >= settings.max ? Infinity : there);
  }

  /** The error for a caller who comes while nothing can be created and nothing is lent that could come back. */
  refusal(): PoolCreateError | undefined {
    const { outage } = this;
    if (!outage.hopeless) return undefined;
    // One caller at a time may find out whether it works again.
    if (outage.waitMs > 0 || this.creating > 0) return outage.error();
    outage.fade();
    return undefined;
  }

  /** Forgets past failures: whoever calls this knows that the other side is back. */
  retryNow(): void {
    this.outage.over(false, this.#nextId - 1);
    this.engine.pump();
  }

  /** Destroys a resource, however long or badly that goes, and then calls `gone`. */
  destroy(resource: T, reason: string, gone: () => void): void {
    const { env, settings, budget } = this.engine;
    this.closing++;
    const over = (): void => {
      this.closing--;
      budget?.give(this.engine);
      gone();
      this.#goOn();
    };
    const work = (): Promise<void> => this.#destroy(resource, reason);
    bounded(env.scheduler, settings.destroyTimeoutMs, work, tooLong).promise.then(over, over);
  }

  /** No more creates; those under way are abandoned, and destroyed should they come. */
  stop(): void {
    this.#stopped = true;
    this.outage.over(false, this.#nextId - 1);
    this.#forgetBudget?.();
    this.#forgetBudget = undefined;
    this.#claim(0);
    for (const wait of this.#abandoned) wait.abort(new Error('the pool was closed'));
    for (const work of this.#underWay) work.abort(new Error('the pool was closed'));
    this.#goals.miss(new PoolClosedError(this.engine.settings.name, 'closed'));
  }

  /** Tells the budget how many more are wanted. */
  #claim(n: number): void {
    if (n === 0 && !this.#claimed) return;
    this.#claimed = n > 0;
    this.engine.budget?.wanted(this.engine, n);
  }

  /** How many more there should be, whatever the limits. */
  #demand(): number {
    const { settings, slots, waiting, examiner, status } = this.engine;
    const forMin = status === 'draining' ? 0 : this.wanted - (slots.size - this.closing);
    const forWaiters =
      status === 'suspended'
        ? 0
        : Math.ceil(waiting.length / settings.leasesPerResource) - examiner.checking - this.creating;
    return Math.max(forMin, forWaiters);
  }

  #create(): void {
    const { engine } = this;
    const { env, settings, factory } = engine;
    const slot = new Slot<T>(this.#nextId++, engine);
    engine.slots.add(slot);
    if (this.creating === 0) this.outage.fade();
    this.creating++;
    const began = env.scheduler.now();
    const work = bounded(
      env.scheduler,
      settings.createTimeoutMs,
      (signal) => factory.create(signal),
      () => new PoolCreateTimeoutError(settings.name, settings.createTimeoutMs),
      // Came too late: nobody counts on it, but the other side holds it until it is ended.
      (resource) => this.#destroy(resource, 'created too late').catch(() => {}),
    );
    this.#underWay.add(work);
    work.promise.then(
      (resource) => {
        this.#end(work);
        slot.resource = resource;
        this.outage.over(true, slot.id);
        engine.keeper.born(slot);
        engine.counters.created++;
        engine.attendant.sinks.created(slot.id, env.scheduler.now() - began);
        engine.place(slot, 'ok');
        this.reach();
        engine.onGone();
        this.#goOn();
      },
      (error: unknown) => {
        this.#end(work);
        this.#letGo(slot, work);
        if (!this.#stopped) this.#failed(error, slot.id);
        engine.onGone();
      },
    );
  }

  /** A failed create keeps its place and its permit until the factory has let go, so that no more than `max` are open. */
  #letGo(slot: Slot<T>, work: Bounded<T>): void {
    const { engine } = this;
    const { env, settings } = engine;
    const gone = (): void => {
      engine.slots.delete(slot);
      engine.budget?.give(engine);
    };
    // A pool that ends waits for nobody.
    if (this.#stopped || !work.pending()) return gone();
    slot.state = CLOSING;
    this.closing++;
    const over = (): void => {
      this.#abandoned.delete(wait);
      this.closing--;
      gone();
      engine.onGone();
      this.#goOn();
    };
    const wait = bounded(env.scheduler, settings.destroyTimeoutMs, () => work.ended, tooLong);
    this.#abandoned.add(wait);
    wait.promise.then(over, over);
  }

  /** Something came or went: there may be room for more, and whatever goes on is gone on with. */
  #goOn(): void {
    this.ensure();
    if (this.engine.evicting) sweep(this.engine);
  }

  #end(work: Bounded<T>): void {
    this.#underWay.delete(work);
    this.creating--;
  }

  #failed(error: unknown, attempt: number): void {
    const { engine, outage } = this;
    engine.counters.createErrors++;
    const counts = outage.failed(error, attempt);
    engine.attendant.events.emit('createFailed', { error, failures: outage.failures });
    if (!counts) return this.ensure();
    this.#goals.miss(outage.error());
    if (outage.hopeless) engine.waiting.failAll(() => outage.error());
  }
}

const tooLong = (): Error => new Error('destroy took too long');

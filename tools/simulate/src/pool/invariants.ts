import type { PoolStats } from '@nest-pooling/pool';
import type { SimulatedPool } from './simulated-pool.js';
import type { World } from './world.js';

/** Timeouts are whole milliseconds. */
const DEADLINE_BOUND_MS = 1;

/** What must be true of one pool whenever nothing is going on; remembers what it saw last. */
export class Invariants {
  #allowed: number;
  #idleAllowed: number;
  #createErrors = 0;
  /** Before this moment the pool may refrain from creating. */
  #createsAgainAt = -Infinity;

  constructor(private readonly subject: SimulatedPool) {
    const { max, maxIdle, min } = subject.setup.settings;
    this.#allowed = max;
    this.#idleAllowed = Math.max(maxIdle, min);
  }

  /** Sizes changed: what is too much by the new ones may remain for a while. */
  allow(max: number, idle: number): void {
    this.#allowed = Math.max(this.#allowed, max);
    this.#idleAllowed = Math.max(this.#idleAllowed, idle);
  }

  check(): void {
    const { subject } = this;
    const { world } = subject;
    const stats = subject.pool.stats();
    const before = world.violations.length;
    this.#numbers(stats);
    this.#sizes(stats);
    this.#callers(stats);
    world.trace.note(stats.status, stats.total, stats.waiting);
    world.trace.note('stats', stats.idle, stats.leased);
    if (world.violations.length === before) return;
    world.trace.note(JSON.stringify(stats));
    if (world.budget !== undefined) world.trace.note(JSON.stringify(world.budget.report()));
  }

  #claim(what: string, holds: boolean): void {
    if (!holds) this.subject.world.fail(`${this.subject.name}: ${what}`);
  }

  #numbers(stats: PoolStats): void {
    const { subject } = this;
    const { factory, setup } = subject;
    const { total, idle, leased, creating, checking, closing } = stats;
    const { occupied } = factory;
    this.#claim(
      'the parts do not add up to the total',
      total === idle + occupied + creating + checking + closing,
    );
    this.#claim(
      `${factory.live} resources live, the pool counts others`,
      factory.live === idle + occupied + checking,
    );
    this.#claim(`callers hold ${factory.held}, the pool counts ${leased}`, leased === factory.held);
    this.#claim('load is not leased + waiting', subject.pool.load === leased + stats.waiting);
    this.#claim(
      `${subject.callers.total} were served, not ${stats.acquired}`,
      stats.acquired === subject.callers.total,
    );
    this.#claim(
      `${subject.callers.timeouts} timeouts, not ${stats.timeouts}`,
      stats.timeouts === subject.callers.timeouts,
    );
    this.#claim(`${subject.misuses} misuses, not ${stats.misuses}`, stats.misuses === subject.misuses);
    if (setup.destroy)
      this.#claim('created is not what was made in time', stats.created === factory.made - factory.late);
    // Who ends resources by their own methods is told no reason.
    if (setup.destroy) {
      const { reclaimed } = stats;
      this.#claim(`${factory.reclaimed} were reclaimed, not ${reclaimed}`, reclaimed === factory.reclaimed);
    }
    this.#claim('the peak is below the leases', stats.peak >= leased);
    this.#claim('utilization is no share', stats.utilization >= 0 && stats.utilization <= 1);
    this.#claim('reuse is no share', stats.reuse >= 0 && stats.reuse <= 1);
  }

  #sizes(stats: PoolStats): void {
    const { subject } = this;
    const { maxIdle } = subject.setup.settings;
    const { total, idle, min } = stats;
    this.#claim(`more resources (${total}) than max`, total <= this.#allowed);
    this.#allowed = Math.max(subject.max, Math.min(this.#allowed, total));
    this.#claim(`a pool that ends has ${idle} idle ones`, idle === 0 || subject.ending === undefined);
    const alive = total - stats.creating - stats.closing;
    this.#claim(
      `${alive} resources, ${idle} of them idle, are more than max`,
      alive <= stats.max || idle === 0,
    );
    // Those who wait for a suspended pool will want what is put aside.
    if (stats.status === 'suspended') this.#idleAllowed = Math.max(this.#idleAllowed, idle);
    this.#idleAllowed = Math.max(this.#idleAllowed, subject.parked);
    subject.parked = 0;
    // Those who were waited for when it came back may be dropped instead.
    if (subject.setup.settings.shedding !== undefined) return;
    this.#claim(`more idle (${idle}) than maxIdle`, idle <= this.#idleAllowed);
    this.#idleAllowed = Math.max(maxIdle, min, Math.min(this.#idleAllowed, idle));
    for (const { n } of subject.goals) this.#idleAllowed = Math.max(this.#idleAllowed, n);
  }

  #callers(stats: PoolStats): void {
    const { subject } = this;
    const { now } = subject.world;
    for (const { seq, deadline, controller, priority } of subject.callers.pending) {
      if (now > deadline + DEADLINE_BOUND_MS) this.#claim(`caller ${seq} waits beyond its deadline`, false);
      if (controller?.signal.aborted) this.#claim(`caller ${seq} waits although its signal aborted`, false);
      if (seq < subject.callers.lastServed[priority]) this.#claim(`caller ${seq} was overtaken`, false);
    }
    this.#claim('more wait than callers do', stats.waiting <= subject.callers.pending.size);
    this.#claim(
      `${subject.callers.pending.size} callers wait, the pool counts ${stats.waiting}`,
      stats.waiting === subject.callers.pending.size,
    );
    this.#noLostWakeUp(stats);
  }

  /** Whoever waits, waits for a reason. */
  #noLostWakeUp(stats: PoolStats): void {
    const { subject } = this;
    const { world, setup } = subject;
    const { createConcurrency, createBackoff, leasesPerResource } = setup.settings;
    const { status, waiting, idle, checking, creating, total, createErrors } = stats;
    if (createErrors !== this.#createErrors) {
      this.#createErrors = createErrors;
      this.#createsAgainAt = world.now + createBackoff.maxMs;
    }
    if (waiting === 0 || status === 'suspended') return;
    // Every idle one may have to be validated first, one for each who waits.
    const mayBeStale = setup.validate && waiting <= checking * leasesPerResource;
    this.#claim('a lost wake-up: callers wait beside idle resources', idle === 0 || mayBeStale);
    const room =
      total < stats.max &&
      creating < createConcurrency &&
      waiting > (creating + checking) * leasesPerResource;
    if (!room || world.now <= this.#createsAgainAt || !permitsLeft(world)) return;
    this.#claim('a lost wake-up: callers wait although there is room to create', false);
  }
}

function permitsLeft({ budget }: World): boolean {
  return budget === undefined || budget.report().free > 0;
}

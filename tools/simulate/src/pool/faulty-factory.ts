import type { CheckResult, ResourceFactory } from '@nest-pooling/pool';
import {
  act,
  CREATE_FAULTS,
  DESTROY_FAULTS,
  drawFate,
  RESET_FAULTS,
  VALIDATE_FAULTS,
  type Fate,
} from './fates.js';
import { Resource } from './resource.js';
import { slackMs, type Setup } from './setup.js';
import type { World } from './world.js';

const INVALID = 'its validation failed';
const UNCLEAN = 'its reset failed';
/** A factory in which anything can go wrong, and which writes down what the pool does wrong with it. */
export class FaultyFactory {
  /** Resources that were made and that the pool has not begun to destroy. */
  live = 0;
  made = 0;
  /** Resources that were taken from those who held them for too long, or had lost them. */
  reclaimed = 0;
  /** Results that came when nobody waited for them any more. */
  late = 0;
  /** The pool was told to end: it may take resources away from those who hold them. */
  ended = false;
  /** What callers hold at the moment. */
  held = 0;
  minNow: number;
  readonly #all: Resource[] = [];

  constructor(
    private readonly world: World,
    readonly setup: Setup,
  ) {
    this.minNow = setup.settings.min;
  }

  /** The hooks that this pool has. */
  hooks(): ResourceFactory<Resource> {
    const { setup } = this;
    return {
      create: (signal) => this.#create(signal),
      ...(setup.check && { check: (resource: Resource) => this.#check(resource) }),
      ...(setup.validate && { validate: (resource: Resource) => this.#validate(resource) }),
      ...(setup.reset && { reset: (resource: Resource) => this.#reset(resource) }),
      ...(setup.destroy && {
        destroy: (resource: Resource, reason: string) => this.#destroy(resource, reason),
      }),
    };
  }

  /** A resource that exists, for those who want to do something to one. */
  any(): Resource | undefined {
    const { dice } = this.world;
    return this.#all.length === 0 ? undefined : this.#all[dice.below(this.#all.length)];
  }

  /** Every resource at the moment. */
  all(): readonly Resource[] {
    return this.#all;
  }

  /** How many resources somebody holds. */
  get occupied(): number {
    return this.#all.reduce((sum, { holders }) => sum + (holders > 0 ? 1 : 0), 0);
  }

  /** Somebody got it. */
  lent(resource: Resource): void {
    const { world, setup } = this;
    const { settings } = setup;
    const { now } = world;
    const examined = Math.max(settings.validateTimeoutMs, settings.resetTimeoutMs);
    const slack = slackMs(settings) + world.leapWithin(slackMs(settings) + examined);
    const fail = (what: string): void => world.fail(`resource ${resource.id} was lent ${what}`);
    world.trace.note('lent', resource.id);
    this.held++;
    resource.lentAt = now;
    resource.lentLeapMs = world.leapMs;
    const { leasesPerResource } = settings;
    if (++resource.holders > leasesPerResource) fail(leasesPerResource > 1 ? 'too often' : 'twice');
    if (resource.destroyed) fail('after its end');
    // Where several share it, it may have been lent before the verdict of this moment.
    else if (leasesPerResource > 1 && resource.verdictAt === now) world.trace.note('verdict now');
    else if (resource.doomed !== undefined) fail(`although ${resource.doomed}`);
    else if (resource.dirty) fail('without its reset');
    // Whoever sits there together counts when the first one leaves.
    if (++resource.uses > settings.maxUses + leasesPerResource - 1) fail('more than maxUses times');
    // Its age is not looked at while it is examined.
    if (now - resource.bornAt > settings.maxLifetimeMs + slack + examined) fail('beyond its lifetime');
    if (
      setup.validate &&
      resource.holders === 1 &&
      now - resource.freshAt > settings.validateAfterIdleMs + slack
    )
      fail('without the validation that is due');
  }

  /** It is about to be given back. */
  returned(resource: Resource): void {
    if (resource.holders === 0) return;
    resource.holders--;
    this.held--;
    resource.freshAt = resource.returnedAt = this.world.now;
    resource.leapMs = this.world.leapMs;
  }

  #create(signal: AbortSignal): Promise<Resource> {
    if (signal.aborted) this.world.fail('create was called with an aborted signal');
    return act(this.world, drawFate(this.world, CREATE_FAULTS), this.setup.settings.createTimeoutMs, () => {
      const end = this.setup.destroy ? undefined : (one: Resource) => this.#destroy(one, '');
      const resource = new Resource(++this.made, this.world.now, this.world.leapMs, end);
      this.live++;
      this.#all.push(resource);
      return resource;
    });
  }

  #check(resource: Resource): CheckResult {
    const { otherDice: dice, faultiness } = this.world;
    if (resource.holders >= this.setup.settings.leasesPerResource)
      this.world.fail(`resource ${resource.id} was checked while it is lent`);
    if (dice.chance(0.85)) return 'ok';
    if (!dice.chance(faultiness)) {
      if (resource.doomed === undefined) resource.dirty = true;
      resource.verdictAt = this.world.now;
      return 'reset';
    }
    this.world.faults++;
    resource.verdictAt = this.world.now;
    resource.doomed ??= 'it was found broken';
    if (dice.chance(0.3)) throw new Error('check');
    return 'broken';
  }

  #validate(resource: Resource): Promise<boolean> {
    this.#examined(resource, 'validated');
    const fate = drawFate(this.world, VALIDATE_FAULTS);
    if (fate !== 'ok' && fate !== 'slow') resource.doomed ??= INVALID;
    return act(this.world, fate, this.setup.settings.validateTimeoutMs, () => {
      if (fate !== 'false') resource.freshAt = this.world.now;
      this.#forgive(resource, fate, INVALID);
      return fate !== 'false';
    });
  }

  #reset(resource: Resource): Promise<void> {
    this.#examined(resource, 'reset');
    const fate = drawFate(this.world, RESET_FAULTS);
    if (fate !== 'ok' && fate !== 'slow') resource.doomed ??= UNCLEAN;
    return act(this.world, fate, this.setup.settings.resetTimeoutMs, () => {
      resource.dirty = false;
      resource.freshAt = this.world.now;
      this.#forgive(resource, fate, UNCLEAN);
    });
  }

  #destroy(resource: Resource, reason: string): Promise<void> {
    const { world } = this;
    const { settings } = this.setup;
    world.trace.note('destroy', resource.id);
    const fail = (what: string): void => world.fail(`resource ${resource.id} was destroyed ${what}`);
    if (resource.destroyed) fail('twice');
    resource.destroyed = true;
    this.live--;
    this.#all.splice(this.#all.indexOf(resource), 1);
    if (reason === 'created too late') this.late++;
    if (resource.holders > 0) {
      if (reason === 'reclaimed' || (!this.setup.destroy && !this.ended)) {
        this.reclaimed++;
        // Nobody takes it from who has held it for less; but by the keeper's clock it may be lent before a leap.
        const heldMs = world.now - resource.lentAt + resource.lentLeapMs;
        if (heldMs < settings.leak.reclaimAfterMs && !resource.lost) fail('as reclaimed too early');
      } else if (!this.ended) fail('while it is lent');
      this.held -= resource.holders;
      resource.holders = 0;
    }
    if (reason === 'idle') {
      // Returned in the moment of a leap, it is older by the keeper's clock.
      const early = resource.leapMs > 0 ? resource.leapMs + slackMs(settings) : 0;
      if (world.now - resource.returnedAt < settings.idleTimeoutMs - early) fail('as idle too early');
      if (this.live < this.minNow) fail('as idle below min');
    }
    // Born in the moment of a leap, it is older by the keeper's clock.
    const least =
      settings.maxLifetimeMs * (1 - settings.lifetimeJitter) - slackMs(settings) - resource.bornLeapMs;
    if (reason === 'lifetime' && world.now - resource.bornAt < least) fail('before its lifetime was over');
    return act(this.world, drawFate(this.world, DESTROY_FAULTS), settings.destroyTimeoutMs, () => {});
  }

  /** After a stall an answer that is late only by the clock counts: it may have been there in time. */
  #forgive(resource: Resource, fate: Fate, doom: string): void {
    if (fate === 'late' && this.world.leapMs > 0 && resource.doomed === doom) resource.doomed = undefined;
  }

  #examined(resource: Resource, what: string): void {
    if (resource.holders > 0) this.world.fail(`resource ${resource.id} was ${what} while it is lent`);
    if (resource.destroyed) this.world.fail(`resource ${resource.id} was ${what} after its end`);
  }
}

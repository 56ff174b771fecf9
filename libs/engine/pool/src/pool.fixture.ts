import type { Env, Scheduler } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import {
  Pool,
  type AcquireOptions,
  type Lease,
  type PoolOptions,
  type PoolSink,
  type ResourceFactory,
} from './index.js';

/** What the pools of the specs lend. */
export interface Thing {
  readonly id: number;
  /** How often it was destroyed: once, at the end. */
  destroyed: number;
  reason: string | undefined;
}

/** What one create does: works, fails, throws at once, never answers, or works after so many milliseconds. */
export type CreateAct = 'ok' | 'fail' | 'throw' | 'hang' | number;

/** A factory that does as it is told and remembers everything. Hooks are assigned by the specs that need them. */
export class FakeFactory implements ResourceFactory<Thing> {
  /** Everything that was ever created, in order. */
  readonly made: Thing[] = [];
  readonly signals: AbortSignal[] = [];
  /** What the next creates do, one each; afterwards {@link FakeFactory.otherwise}. */
  acts: CreateAct[] = [];
  otherwise: CreateAct = 'ok';
  error: unknown = new Error('refused by the server');
  /** How long a destroy takes; `Infinity` is for ever. */
  destroyMs = 0;
  destroyError: Error | undefined;
  calls = 0;
  check?: NonNullable<ResourceFactory<Thing>['check']>;
  validate?: NonNullable<ResourceFactory<Thing>['validate']>;
  reset?: NonNullable<ResourceFactory<Thing>['reset']>;

  constructor(readonly env: VirtualEnv) {}

  get live(): readonly Thing[] {
    return this.made.filter((thing) => thing.destroyed === 0);
  }

  create(signal: AbortSignal): Promise<Thing> {
    this.calls++;
    this.signals.push(signal);
    const act = this.acts.shift() ?? this.otherwise;
    if (act === 'throw') throw this.error;
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- factories reject with anything
    if (act === 'fail') return Promise.reject(this.error);
    if (act === 'hang') return new Promise(() => {});
    if (act === 'ok') return Promise.resolve(this.#make());
    return sleep(this.env, act).then(() => this.#make());
  }

  async destroy(thing: Thing, reason: string): Promise<void> {
    thing.destroyed++;
    thing.reason = reason;
    if (this.destroyMs === Infinity) return new Promise(() => {});
    if (this.destroyMs > 0) await sleep(this.env, this.destroyMs);
    if (this.destroyError) throw this.destroyError;
  }

  #make(): Thing {
    const thing: Thing = { id: this.made.length + 1, destroyed: 0, reason: undefined };
    this.made.push(thing);
    return thing;
  }
}

/** A pool on virtual time. `min` is 0, so that specs see only the creates they ask for. */
export function makePool(
  options: Partial<PoolOptions<Thing>> = {},
  prepare: (factory: FakeFactory) => void = () => {},
): { env: VirtualEnv; factory: FakeFactory; pool: Pool<Thing> } {
  const env = new VirtualEnv();
  const factory = new FakeFactory(env);
  prepare(factory);
  return { env, factory, pool: new Pool({ name: 'orders', min: 0, factory, ...options }, env) };
}

/** A pool whose factory fails. */
export function deadPool(options: Partial<PoolOptions<Thing>> = {}): ReturnType<typeof makePool> {
  return makePool(options, (factory) => {
    factory.otherwise = 'fail';
  });
}

export function sleep(env: Env, ms: number): Promise<void> {
  return new Promise((resolve) => void env.scheduler.after(ms, resolve));
}

/** What became of a promise so far; never an unhandled rejection. */
export interface Outcome<R> {
  state: 'pending' | 'fulfilled' | 'rejected';
  value: R | undefined;
  error: unknown;
}

export function watch<R>(promise: Promise<R>): Outcome<R> {
  const outcome: Outcome<R> = { state: 'pending', value: undefined, error: undefined };
  promise.then(
    (value) => Object.assign(outcome, { state: 'fulfilled', value }),
    (error: unknown) => Object.assign(outcome, { state: 'rejected', error }),
  );
  return outcome;
}

/** The value of a watched promise that must be there. */
export function got<R>(outcome: Outcome<R>): R {
  if (outcome.state !== 'fulfilled') throw new Error(`is ${outcome.state}`, { cause: outcome.error });
  return outcome.value as R;
}

/** A pool of one resource that is lent, and so many who wait for it. */
export async function queue(waiters: AcquireOptions[], options = {}) {
  const made = makePool({ max: 1, ...options });
  const lease = await made.pool.acquire();
  const outcomes: Outcome<Lease<Thing>>[] = waiters.map((each) => watch(made.pool.acquire(each)));
  return { ...made, lease, outcomes };
}

export const states = (outcomes: Outcome<unknown>[]): string[] => outcomes.map((outcome) => outcome.state);

/** A sink that writes everything down as `[event, …arguments]`. */
export function recorder(timed = true): { sink: PoolSink; events: unknown[][] } {
  const events: unknown[][] = [];
  const names = [
    'acquired',
    'released',
    'created',
    'destroyed',
    'timedOut',
    'leaked',
    'misused',
    'state',
  ] as const;
  const sink = { timed } as Record<string, unknown>;
  for (const name of names) sink[name] = (...args: unknown[]) => void events.push([name, ...args]);
  return { sink: sink as unknown as PoolSink, events };
}

/** An environment that counts the timers that would keep a process alive. */
export class LivenessEnv implements Env {
  readonly virtual = new VirtualEnv();
  readonly random = this.virtual.random;
  readonly scheduler: Scheduler;
  readonly #alive = new Set<object>();

  constructor() {
    const { scheduler } = this.virtual;
    this.scheduler = {
      now: () => scheduler.now(),
      wallMs: () => scheduler.wallMs(),
      afterIo: (fn) => scheduler.afterIo(fn),
      lastStallMs: 0,
      after: (ms, fn) => {
        const token = {};
        this.#alive.add(token);
        const timer = scheduler.after(ms, () => {
          this.#alive.delete(token);
          pending = false;
          fn();
        });
        let pending = true;
        return {
          cancel: () => {
            pending = false;
            this.#alive.delete(token);
            timer.cancel();
          },
          unref: () => void this.#alive.delete(token),
          ref: () => void (pending && this.#alive.add(token)),
        };
      },
    };
  }

  /** How many timers keep the process alive. */
  get alive(): number {
    return this.#alive.size;
  }

  onCollected(): () => void {
    return () => {};
  }
}

import * as fc from 'fast-check';
import type { AcquirePriority, CheckResult, PoolSettings } from './index.js';
import { watch } from './pool.fixture.js';
import type { How } from './faulty-factory.fixture.js';
import type { World } from './world.fixture.js';

const how = fc.constantFrom<How>('ok', 'ok', 'ok', 'fail', 'throw', 'hang', 'slow', 'late');
const pick = fc.nat(50);

type Step = readonly [name: string, run: (world: World) => void | Promise<void>];
const step = <A>(name: string, args: fc.Arbitrary<A>, run: (world: World, a: A) => void | Promise<void>) =>
  args.map((a): Step => [`${name}(${JSON.stringify(a)})`, (world) => run(world, a)]);

/** Anything that can happen to a pool. */
export const steps = fc.oneof(
  {
    weight: 6,
    arbitrary: step(
      'acquire',
      fc.record({
        ms: fc.option(fc.constantFrom(0, 1, 50, 700), { nil: undefined }),
        abortable: fc.boolean(),
        priority: fc.constantFrom<AcquirePriority | undefined>(undefined, undefined, 'high', 'low'),
      }),
      (world, { ms, abortable, priority }) => world.acquire(ms, abortable, priority),
    ),
  },
  {
    weight: 2,
    arbitrary: step('use', fc.tuple(fc.constantFrom(0, 20, 3_000), fc.boolean()), (world, [ms, nested]) =>
      world.use(ms, nested),
    ),
  },
  { weight: 1, arbitrary: step('tryAcquire', fc.constant(0), (world) => world.tryAcquire()) },
  { weight: 5, arbitrary: step('release', pick, (world, n) => world.end(n, 'release')) },
  { weight: 1, arbitrary: step('discard', pick, (world, n) => world.end(n, 'discard')) },
  { weight: 1, arbitrary: step('dispose', pick, (world, n) => world.end(n, 'dispose')) },
  { weight: 2, arbitrary: step('abort', pick, (world, n) => world.abort(n)) },
  { weight: 2, arbitrary: step('creates', how, (world, to) => void (world.creates = to)) },
  { weight: 1, arbitrary: step('examines', how, (world, to) => void (world.examines = to)) },
  { weight: 1, arbitrary: step('destroys', how, (world, to) => void (world.destroys = to)) },
  {
    weight: 1,
    arbitrary: step(
      'checks',
      fc.constantFrom<CheckResult | 'throw'>('ok', 'ok', 'reset', 'broken', 'throw'),
      (world, to) => void (world.checks = to),
    ),
  },
  {
    weight: 1,
    arbitrary: step('resize', fc.tuple(fc.nat(6), fc.integer({ min: 1, max: 6 })), (world, [min, max]) =>
      world.resize(min, max),
    ),
  },
  { weight: 1, arbitrary: step('permits', fc.nat(8), (world, n) => world.setPermits(n)) },
  {
    weight: 1,
    arbitrary: step('evict', fc.boolean(), (world, immediately) =>
      world.pool.evict('evicted', { immediately }),
    ),
  },
  { weight: 1, arbitrary: step('invalidate', pick, (world, n) => world.invalidate(n)) },
  { weight: 1, arbitrary: step('suspend', fc.constant(0), (world) => world.pool.suspend()) },
  { weight: 2, arbitrary: step('resume', fc.constant(0), (world) => world.pool.resume()) },
  {
    weight: 1,
    arbitrary: step('abandon', fc.constant('gone'), (world, why) => world.pool.abandonWaiters(why)),
  },
  { weight: 1, arbitrary: step('retryNow', fc.constant(0), (world) => world.pool.retryNow()) },
  {
    weight: 1,
    arbitrary: step('warm', fc.nat(8), (world, n) => void world.outcomes.push(watch(world.pool.warm(n)))),
  },
  {
    weight: 5,
    arbitrary: step('advance', fc.constantFrom(0, 1, 15, 100, 700, 3_000), (world, ms) =>
      world.env.advance(ms),
    ),
  },
  { weight: 1, arbitrary: step('stall', fc.constantFrom(100, 2_000), (world, ms) => world.env.stall(ms)) },
);

/** The ways to end it. */
export const ends = fc.oneof(
  step('close', fc.constant(0), (world) => world.finishes(world.pool.close())),
  step('drain', fc.constantFrom(0, 50, 5_000), (world, deadlineMs) =>
    world.finishes(world.pool.drain({ deadlineMs })),
  ),
);

/** Sizes and times, small enough that everything meets everything. */
export const settings = fc
  .record({
    max: fc.integer({ min: 1, max: 5 }),
    min: fc.nat(5),
    maxIdle: fc.option(fc.nat(5), { nil: undefined }),
    maxWaiters: fc.constantFrom(2, 100),
    acquireTimeoutMs: fc.constantFrom(0, 40, 2_000),
    createTimeoutMs: fc.constantFrom(20, 500),
    createConcurrency: fc.integer({ min: 1, max: 4 }),
    failFastAfterMs: fc.constantFrom(0, 1_000, Infinity),
    idleTimeoutMs: fc.constantFrom(200, Infinity),
    maxLifetimeMs: fc.constantFrom(300, Infinity),
    maxUses: fc.constantFrom(1, 3, 1_000),
    validateAfterIdleMs: fc.constantFrom(0, 100, Infinity),
    validateTimeoutMs: fc.constantFrom(20, 400),
    resetTimeoutMs: fc.constantFrom(20, 400),
    destroyTimeoutMs: fc.constantFrom(20, 400),
    closeTimeoutMs: fc.constantFrom(1, 500),
    keepaliveIntervalMs: fc.constantFrom(100, Infinity),
    validateOnReturn: fc.boolean(),
    freezeCheck: fc.constantFrom('tick', 'borrow'),
    priorityAgingMs: fc.constantFrom(0, 300, Infinity),
    shedding: fc.constantFrom(undefined, { targetMs: 10, intervalMs: 60 }),
    detectDeadlock: fc.boolean(),
    histograms: fc.boolean(),
    leak: fc.constantFrom(undefined, { stacks: 'sampled', collected: true }),
  })
  .map((given): PoolSettings => ({ ...given, min: Math.min(given.min, given.max, given.maxIdle ?? 5) }));

import { CircuitBreaker, type CircuitBreakerOptions } from '@nest-pooling/resilience';
import {
  circuitBreaker,
  ConsecutiveBreaker,
  CountBreaker,
  handleAll,
  SamplingBreaker,
  type IBreaker,
} from 'cockatiel';
import Opossum from 'opossum';
import type { Subject } from '../subject.js';

/** By what a breaker judges. */
export type Kind = 'consecutive' | 'count' | 'time' | 'slow' | 'both';

export const BARE = 'bare call';
export const OURS = 'ours';
export const COCKATIEL = 'cockatiel';
export const OPOSSUM = 'opossum';
export const OPOSSUM_DEFAULT = 'opossum, its defaults';

/** In milliseconds: whoever is open stays open while it is measured. */
const HOUR = 3_600_000;
const WINDOW_MS = 10_000;

/** Ours, of each kind. */
const ours: Readonly<Record<Kind, Omit<CircuitBreakerOptions, 'name'>>> = {
  consecutive: {},
  count: { window: { calls: 100 } },
  time: { window: { ms: WINDOW_MS } },
  slow: { window: { calls: 100 }, slowCallMs: 1_000 },
  both: { window: { ms: WINDOW_MS }, slowCallMs: 1_000 },
};

/** Those of cockatiel that judge alike; it knows no slow calls. */
const theirs: Readonly<Record<'consecutive' | 'count' | 'time', () => IBreaker>> = {
  consecutive: () => new ConsecutiveBreaker(5),
  count: () => new CountBreaker({ size: 100, threshold: 0.5, minimumNumberOfCalls: 10 }),
  time: () => new SamplingBreaker({ threshold: 0.5, duration: WINDOW_MS, minimumRps: 1 }),
};

const opossumOptions: Opossum.Options = { timeout: false, rollingPercentilesEnabled: false };

/** What all were given, for the reader. */
export const OPTIONS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.entries(ours).map(([kind, options]) => [`${OURS}, ${kind}`, JSON.stringify(options)]),
  ),
  [COCKATIEL]:
    'ConsecutiveBreaker(5), CountBreaker of 100, SamplingBreaker of 10 s: 50 % of at least 10 calls, or 1 a second; no slow calls',
  [OPOSSUM]: `${JSON.stringify(opossumOptions)}; counts by time always, no slow calls`,
  [OPOSSUM_DEFAULT]: 'a timer for each call (10 s), percentiles',
};

const noop = async (): Promise<number> => 1;
const value = (): Promise<number> | number => 1;
const fails = (): Promise<never> => Promise.reject(new Error('boom'));

const nothing = async (): Promise<void> => {};

/** The call by itself. */
export function bare(): Subject {
  return {
    name: BARE,
    setup: nothing,
    run: async (n) => {
      for (let i = 0; i < n; i++) await noop();
    },
    teardown: nothing,
  };
}

/** The call by itself, that gives a value. */
export function bareValue(): Subject {
  return {
    name: `${BARE}, a value`,
    setup: nothing,
    run: async (n) => {
      for (let i = 0; i < n; i++) await value();
    },
    teardown: nothing,
  };
}

/** Each writes its loops out itself: in one that they shared the compiler would inline none. */
export function oursClosed(kind: Kind): Subject {
  const breaker = new CircuitBreaker({ name: 'bench', ...ours[kind] });
  return {
    name: OURS,
    setup: nothing,
    run: async (n) => {
      for (let i = 0; i < n; i++) await breaker.run(noop);
    },
    teardown: nothing,
  };
}

/** Around what gives a value at once. */
export function oursValue(kind: Kind): Subject {
  const breaker = new CircuitBreaker({ name: 'bench', ...ours[kind] });
  return {
    name: `${OURS}, a value`,
    setup: nothing,
    run: async (n) => {
      for (let i = 0; i < n; i++) await breaker.run(value);
    },
    teardown: nothing,
  };
}

/** Closed, of cockatiel. */
export function cockatielClosed(kind: 'consecutive' | 'count' | 'time'): Subject {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: HOUR, breaker: theirs[kind]() });
  return {
    name: COCKATIEL,
    setup: nothing,
    run: async (n) => {
      for (let i = 0; i < n; i++) await policy.execute(noop);
    },
    teardown: nothing,
  };
}

/** Closed, of opossum. */
export function opossumClosed(name = OPOSSUM, options: Opossum.Options = opossumOptions): Subject {
  let breaker: Opossum<[], number>;
  return {
    name,
    setup: async () => void (breaker = new Opossum(noop, { ...options })),
    run: async (n) => {
      for (let i = 0; i < n; i++) await breaker.fire();
    },
    teardown: async () => breaker.shutdown(),
  };
}

const ignore = (): void => {};

/** Open, all of them, and what a rejection costs by itself. */
export function openSubjects(): readonly Subject[] {
  const mine = new CircuitBreaker({ name: 'bench', openMs: HOUR, maxOpenMs: HOUR });
  const policy = circuitBreaker(handleAll, { halfOpenAfter: HOUR, breaker: new ConsecutiveBreaker(5) });
  const opossum = new Opossum(fails, { ...opossumOptions, resetTimeout: HOUR });
  const error = new Error('made once');
  let refused = 0;
  return [
    {
      name: 'a rejection with an error that is there',
      setup: nothing,
      run: async (n) => {
        for (let i = 0; i < n; i++) await Promise.reject(error).catch(ignore);
      },
      teardown: nothing,
    },
    {
      name: OURS,
      setup: async () => {
        for (let i = 0; i < 5; i++) await mine.run(fails).catch(ignore);
      },
      run: async (n) => {
        for (let i = 0; i < n; i++) await mine.run(noop).catch(ignore);
      },
      teardown: nothing,
    },
    {
      name: 'ours: tryEnter',
      setup: nothing,
      run: async (n) => {
        for (let i = 0; i < n; i++) if (mine.tryEnter() === 0) refused++;
        if (refused === 0) throw new Error('it is not open');
      },
      teardown: nothing,
    },
    {
      name: COCKATIEL,
      setup: async () => {
        for (let i = 0; i < 5; i++) await policy.execute(fails).catch(ignore);
      },
      run: async (n) => {
        for (let i = 0; i < n; i++) await policy.execute(noop).catch(ignore);
      },
      teardown: nothing,
    },
    {
      name: OPOSSUM,
      setup: async () => {
        await opossum.fire().catch(ignore);
      },
      run: async (n) => {
        for (let i = 0; i < n; i++) await opossum.fire().catch(ignore);
      },
      teardown: async () => opossum.shutdown(),
    },
  ];
}

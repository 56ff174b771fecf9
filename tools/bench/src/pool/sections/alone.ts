import { AsyncLocalStorage } from 'node:async_hooks';
import { labelKey, runInContext } from '@nest-pooling/core';
import { must, type Row } from '@nest-pooling/report';
import { measure } from '../../measure.js';
import { figureOf } from '../../statistics.js';
import type { Subject } from '../../subject.js';
import { alone } from '../contender.js';
import { AWAIT, bareAwait, bareStack, STACK } from '../limits.js';
import { Ours, oursTry, oursUse } from '../ours.js';
import { peers } from '../peers.js';
import { plain, ratio } from '../rows.js';

/** Those that lend only to a function: they do what our `use` does. */
const LENDS_TO_FUNCTIONS: ReadonlySet<string> = new Set(['node-redis', 'p-limit']);
const BARS: Readonly<Record<string, readonly [must: number, aim: number]>> = {
  tarn: [15, 20],
  'generic-pool': [10, 14],
  'pg-pool': [10, 15],
};

/**
 * What is active meanwhile: nothing, somebody's AsyncLocalStorage (as in every request of most servers), or the one of
 * ours that every acquire reads a label from.
 */
type Scope = 'no scope' | 'in a scope' | 'in our scope';

/** One caller at a time: what a pool costs when nobody waits. CPU is compared, since there is nothing else. */
export async function aloneSection(scope: Scope): Promise<readonly Row[]> {
  const others = peers();
  const subjects = [bareStack(), bareAwait(), alone(new Ours()), oursTry(), oursUse(), ...others.map(alone)];
  const all = await measure(subjects.map((subject) => within(scope, subject)));
  const of = (what: string): string => `${what} (${scope})`;
  if (scope === 'in our scope') {
    return [
      ratio(all, 'cpuNs', of('acquire, release: ours / limit'), ['ours', AWAIT]),
      ratio(all, 'cpuNs', of('tryAcquire: ours / limit'), ['ours: tryAcquire', STACK]),
      ratio(all, 'cpuNs', of('use: ours / limit'), ['ours: use', AWAIT]),
    ];
  }
  return [
    ratio(all, 'cpuNs', of('acquire, release: ours / limit'), ['ours', AWAIT], { atMost: 2.2 }, 1.7),
    ratio(all, 'cpuNs', of('tryAcquire: ours / limit'), ['ours: tryAcquire', STACK], { atMost: 3.5 }, 2),
    must(of('tryAcquire: allocated'), figureOf(all, 'bytes', 'ours: tryAcquire'), 'bytes/op', { atMost: 64 }),
    ratio(all, 'cpuNs', of('use: ours / limit'), ['ours: use', AWAIT], { atMost: 3 }, 2.3),
    ...others.map(({ name }) => {
      const [how, ours] = LENDS_TO_FUNCTIONS.has(name) ? ['use', 'ours: use'] : ['acquire, release', 'ours'];
      const [bar, aim] = BARS[name] ?? [];
      const title = of(`${how}: ${name} / ours`);
      return ratio(all, 'cpuNs', title, [name, ours], bar ? { atLeast: bar } : undefined, aim);
    }),
    // No pool that answers with a promise can be more times faster than these.
    ...Object.keys(BARS).map((name) =>
      ratio(all, 'cpuNs', of(`acquire, release: ${name} / limit`), [name, AWAIT]),
    ),
    ...plain(all, `alone, ${scope}`),
  ];
}

const somebodys = new AsyncLocalStorage<object>();

function within(scope: Scope, subject: Subject): Subject {
  if (scope === 'no scope') return subject;
  const run = (n: number): Promise<void> => subject.run(n);
  return {
    ...subject,
    run: (n) =>
      scope === 'in a scope'
        ? somebodys.run({}, () => run(n))
        : runInContext(labelKey, 'Bench.run', () => run(n)),
  };
}

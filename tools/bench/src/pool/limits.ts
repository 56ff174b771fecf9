import type { Subject } from '../subject.js';
import { MAX, type Contender, type Todo } from './contender.js';
import { ResolverRing } from './resolver-ring.js';

export const STACK = 'limit: pop, push';
export const AWAIT = 'limit: pop, await, push';
export const RING = 'limit: resolver ring';

const resources = (): object[] => Array.from({ length: MAX }, () => ({}));

/** The same as what makes a lease visible in ours. */
const seen: { resource: unknown } = { resource: undefined };

/** Nothing lends and takes back for less: an array, no promise. */
export function bareStack(): Subject {
  const idle: object[] = [];
  return {
    name: STACK,
    setup: async () => void idle.push(...resources()),
    run: async (n) => {
      let resource: object | undefined;
      for (let i = 0; i < n; i++) {
        resource = idle.pop()!;
        idle.push(resource);
      }
      seen.resource = resource;
    },
    teardown: async () => {},
  };
}

/** Nothing that answers with a promise does it for less. */
export function bareAwait(): Subject {
  const idle: object[] = [];
  return {
    name: AWAIT,
    setup: async () => void idle.push(...resources()),
    run: async (n) => {
      for (let i = 0; i < n; i++) {
        const resource = await Promise.resolve(idle.pop()!);
        idle.push(resource);
      }
    },
    teardown: async () => {},
  };
}

/** No queue of callers costs less: their resolvers in a ring, no timeout, no way out of it. */
export class BareRing implements Contender {
  readonly name = RING;
  readonly options = 'no timeout, no cancel, no count';
  readonly #ring = new ResolverRing<object>(2_048, resources());

  async open(): Promise<void> {}

  async alone(n: number): Promise<void> {
    const ring = this.#ring;
    for (let i = 0; i < n; i++) ring.give(await ring.take());
  }

  async work(todo: Todo): Promise<void> {
    const ring = this.#ring;
    while (todo.take()) {
      const resource = await ring.take();
      await Promise.resolve();
      ring.give(resource);
    }
  }

  async hold(body: () => Promise<void>): Promise<void> {
    const resource = await this.#ring.take();
    await body();
    this.#ring.give(resource);
  }

  async close(): Promise<void> {}
}

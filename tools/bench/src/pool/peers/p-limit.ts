import pLimit, { type LimitFunction } from 'p-limit';
import { MAX, type Contender, type Todo } from '../contender.js';

const work = (): Promise<void> => Promise.resolve();

/** Lends nothing: it only limits how many run at a time. */
export class PLimit implements Contender {
  readonly name = 'p-limit';
  readonly options = `concurrency ${MAX}; has no resources, no timeout, no counters`;
  #limit!: LimitFunction;

  async open(): Promise<void> {
    this.#limit = pLimit(MAX);
  }

  async alone(n: number): Promise<void> {
    const limit = this.#limit;
    for (let i = 0; i < n; i++) await limit(work);
  }

  async work(todo: Todo): Promise<void> {
    const limit = this.#limit;
    while (todo.take()) await limit(work);
  }

  async hold(body: () => Promise<void>): Promise<void> {
    await this.#limit(body);
  }

  async close(): Promise<void> {}
}

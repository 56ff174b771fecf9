import type { Budget } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import type { CheckResult, ResourceFactory } from './index.js';
import { sleep } from './pool.fixture.js';

/** What the pool of a {@link FaultyFactory} lends. */
export interface Model {
  readonly id: number;
  /** Who holds it, as the callers see it. */
  holders: number;
  destroyed: number;
}

/** How a piece of the factory's work goes. */
export type How = 'ok' | 'fail' | 'throw' | 'hang' | 'slow' | 'late';

/** A factory, and a budget, in which anything can go wrong. Writes down what the pool does wrong with it. */
export class FaultyFactory implements ResourceFactory<Model> {
  readonly env = new VirtualEnv();
  readonly made: Model[] = [];
  readonly problems: string[] = [];
  readonly budget: Budget;
  readonly validate: ResourceFactory<Model>['validate'];
  readonly reset: ResourceFactory<Model>['reset'];
  /** Permits that were taken and not given back. */
  taken = 0;
  creates: How = 'ok';
  checks: CheckResult | 'throw' = 'ok';
  examines: How = 'ok';
  destroys: How = 'ok';
  /** The pool was told to end: it may take resources away from those who hold them. */
  ended = false;
  /** Timers of the factory and of the callers: the others are the pool's. */
  naps = 0;
  readonly #freed = new Set<() => void>();

  constructor(private permits: number) {
    const examine = (): Promise<boolean> => this.#act(this.examines, () => this.examines !== 'late');
    this.validate = examine;
    this.reset = async () => void (await examine());
    this.budget = {
      tryTake: () => this.taken < this.permits && ++this.taken > 0,
      give: () => {
        if (--this.taken < 0) this.problems.push('more permits given back than taken');
        for (const fn of this.#freed) fn();
      },
      wanted: () => {},
      onFree: (fn) => {
        this.#freed.add(fn);
        return () => void this.#freed.delete(fn);
      },
    };
  }

  get budgetListeners(): number {
    return this.#freed.size;
  }

  create(signal: AbortSignal): Promise<Model> {
    if (signal.aborted) this.problems.push('create was called with an aborted signal');
    return this.#act(this.creates, () => {
      const model: Model = { id: this.made.length + 1, holders: 0, destroyed: 0 };
      this.made.push(model);
      return model;
    });
  }

  check(model: Model): CheckResult {
    if (model.holders > 0) this.problems.push(`resource ${model.id} was checked while lent`);
    if (this.checks === 'throw') throw new Error('check');
    return this.checks;
  }

  destroy(model: Model): Promise<void> {
    if (++model.destroyed > 1) this.problems.push(`resource ${model.id} was destroyed twice`);
    if (model.holders > 0 && !this.ended) this.problems.push(`${model.id} was destroyed while lent`);
    return this.#act(this.destroys, () => {});
  }

  setPermits(permits: number): void {
    this.permits = permits;
    for (const fn of this.#freed) fn();
  }

  async nap(ms: number): Promise<void> {
    this.naps++;
    await sleep(this.env, ms);
    this.naps--;
  }

  #act<R>(how: How, result: () => R): Promise<R> {
    if (how === 'throw') throw new Error(how);
    return this.#later(how, result);
  }

  async #later<R>(how: How, result: () => R): Promise<R> {
    if (how === 'fail') throw new Error(how);
    if (how === 'hang') return new Promise(() => {});
    if (how === 'slow') await this.nap(30);
    if (how === 'late') await this.nap(900);
    return result();
  }
}

/** An error in a line. */
export function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : typeof error;
}

import type { BalancingStrategy, CallOutcome } from '@nest-pooling/balancing';
import type { Scheduler } from '@nest-pooling/core';
import type { RouterNode } from './router-node.js';

/** One read in so many is measured, unless the strategy wants to know of each: enough to find a node that is much slower than others. */
const ONE_IN = 16;
/** Less than a stall of our own event loop that is noticed. */
const STALL_MS = 15;
/** Not measured. */
const NOT = -1;

/** Measures reads, for strategies that look at latency and for finding slow nodes. */
export class ReadLatency {
  #count = 0;

  constructor(private readonly scheduler: Scheduler) {}

  /** A read begins; what it answers goes to {@link ReadLatency.ended}. */
  begin(strategy: BalancingStrategy): number {
    if (strategy.timed !== true && ++this.#count < ONE_IN) return NOT;
    this.#count = 0;
    return this.scheduler.now();
  }

  /** It has ended, as a strategy counts it. */
  ended(node: RouterNode, strategy: BalancingStrategy, began: number, outcome: CallOutcome): void {
    if (began === NOT) return;
    const now = this.scheduler.now();
    const ms = now - began;
    // It was we who did not listen.
    if (ms > STALL_MS && this.scheduler.lastStallMs > ms / 2) return;
    strategy.observe?.(node, ms, outcome, now);
    if (outcome === 'answered') node.latency?.observe(ms);
  }
}

import type { Env } from '@nest-pooling/core';
import { RetryBudget } from '@nest-pooling/resilience';
import { CausalBridge } from './causal-bridge.js';
import { Fallback } from './fallback.js';
import { PROBE_TIMEOUT_MS } from './monitor.js';
import type { RouterOptions } from './options.js';
import { ReadConsistency } from './read-consistency.js';
import { ReadLatency } from './read-latency.js';
import type { Selector } from './selector.js';

/** What reads are routed with, beside the selector. */
export interface ReadParts {
  readonly consistency: ReadConsistency;
  readonly bridge: CausalBridge;
  readonly fallback: Fallback;
  /** Pays for reads that move to another node. */
  readonly budget: RetryBudget;
  readonly latency: ReadLatency;
}

/** Makes the parts of a router that decide what a read must see and what it may cost. */
export function readParts(options: RouterOptions, selector: Selector, env: Env): ReadParts {
  const { name, driver, routing = {} } = options;
  const timeoutMs = routing.probe?.timeoutMs ?? PROBE_TIMEOUT_MS;
  const consistency = new ReadConsistency(name, selector, routing, timeoutMs, driver, env);
  return {
    consistency,
    bridge: new CausalBridge(name, selector, consistency, routing.tokens, driver, env),
    fallback: new Fallback(name, routing.fallback ?? {}, selector, consistency, env),
    budget: new RetryBudget({ name: `${name}: moved reads` }, env),
    latency: new ReadLatency(env.scheduler),
  };
}

import type { Env } from '@nest-pooling/core';
import { RetryBudget } from '@nest-pooling/resilience';
import { CausalBridge } from './causal-bridge.js';
import { FallbackGuard } from './fallback-guard.js';
import { PROBE_TIMEOUT_MS } from './monitor.js';
import type { RouterOptions } from './options.js';
import { ReadConsistency } from './read-consistency.js';
import { ReadLatency } from './read-latency.js';
import type { Selector } from './selector.js';

/** What reads are routed with, beside the selector. */
export interface ReadParts {
  readonly consistency: ReadConsistency;
  readonly bridge: CausalBridge;
  readonly guard: FallbackGuard;
  /** Pays for reads that move to another node. */
  readonly budget: RetryBudget;
  readonly latency: ReadLatency;
}

/** Makes the parts of a router that decide what a read must see and what it may cost. */
export function readParts(options: RouterOptions, selector: Selector, env: Env): ReadParts {
  const { name, driver, routing = {} } = options;
  const timeoutMs = routing.probe?.timeoutMs ?? PROBE_TIMEOUT_MS;
  const consistency = new ReadConsistency(name, selector, routing, timeoutMs, driver, env);
  const size = (): number => selector.primary?.sql.pool.settings.max ?? 0;
  return {
    consistency,
    bridge: new CausalBridge(name, selector, consistency, routing.tokens, driver, env),
    guard: new FallbackGuard(name, routing.fallback ?? {}, size, env),
    budget: new RetryBudget({ name: `${name}: moved reads` }, env),
    latency: new ReadLatency(env.scheduler),
  };
}

import type { ResolvedSettings } from './options.js';

const MIN_TICK_MS = 10;
const MAX_TICK_MS = 1_000;
/** An adaptive pool takes its readings at each tick. */
const SAMPLING_TICK_MS = 250;
/** Shares of the shortest time that matters: how exact the keeper is. */
const TICKS = 10;

/** How often the keeper looks, in milliseconds. */
export function tickOf(settings: ResolvedSettings): number {
  const { slowAcquireMs, acquireTimeoutMs, leak } = settings;
  const shortest = Math.min(
    settings.idleTimeoutMs,
    settings.maxLifetimeMs,
    settings.validateAfterIdleMs,
    settings.keepaliveIntervalMs,
    leak.warnAfterMs,
    leak.reclaimAfterMs,
  );
  // Who is slow must be seen between being slow and having waited too long.
  const slowMs = acquireTimeoutMs > slowAcquireMs ? acquireTimeoutMs - slowAcquireMs : Infinity;
  const longest = Math.min(settings.adaptive === undefined ? MAX_TICK_MS : SAMPLING_TICK_MS, slowMs);
  return Math.max(MIN_TICK_MS, Math.min(longest, Math.round(shortest / TICKS)));
}

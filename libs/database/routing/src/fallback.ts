import type { BalancingStrategy } from '@nest-pooling/balancing';
import type { Env } from '@nest-pooling/core';
import type { FallbackOptions } from './consistency-options.js';
import { FallbackRefusedError } from './errors.js';
import { FallbackGuard } from './fallback-guard.js';
import type { Need } from './need.js';
import type { ReadConsistency } from './read-consistency.js';
import type { RouterNode } from './router-node.js';
import type { Selector } from './selector.js';

/** How long a read that the primary has no room for waits for a replica that is a little behind, unless its own time ends before. */
const PATIENCE_MS = 2_000;
/** How many may do so. */
const MAX_PATIENT = 1_000;

/** What the fallback must know of a read. */
export interface FallbackRead {
  readonly need: Need | undefined;
  readonly strategy: BalancingStrategy;
  readonly signal: AbortSignal | undefined;
  /** What is left of its time now, in milliseconds; `Infinity` when it has any. */
  readonly left: () => number;
}

/**
 * Where a read goes that should be on a replica when no replica in rotation can serve it. The primary takes its share of them; beyond that
 * a replica that was ejected but answers its probes is better than none (known as panic mode from Envoy), then one that will have caught
 * up soon, and only what finds neither is refused.
 */
export class Fallback {
  readonly guard: FallbackGuard;
  readonly #panic: boolean;

  constructor(
    name: string,
    options: FallbackOptions,
    private readonly selector: Selector,
    private readonly consistency: ReadConsistency,
    env: Env,
  ) {
    this.#panic = options.panic ?? true;
    const size = (): number => selector.primary?.sql.pool.settings.max ?? 0;
    this.guard = new FallbackGuard(name, options, size, env);
  }

  /** Whether `node` is the primary, and not where this read belongs: then it is to {@link Fallback.enter}. */
  guards(node: RouterNode, need: Need | undefined): boolean {
    const { primary, replicas } = this.selector;
    return node === primary && replicas.length > 0 && need?.strong !== true;
  }

  /**
   * The node for a read that may have to run on `primary`. If it is the primary, {@link Fallback.leave} is to be called at the end.
   * `undefined` when the read's own time is over, or its signal has aborted.
   * @throws FallbackRefusedError `ROUTING_FALLBACK_REFUSED`
   */
  async enter(
    primary: RouterNode,
    read: FallbackRead,
    tried: readonly RouterNode[],
  ): Promise<RouterNode | undefined> {
    if (this.guard.full) {
      const suspect = this.#suspect(read, tried);
      if (suspect !== undefined) return suspect;
    }
    try {
      const admitted = await this.guard.enter(read.left(), read.signal);
      return admitted === false ? undefined : primary;
    } catch (error) {
      const late = error instanceof FallbackRefusedError ? await this.#late(primary, read, tried) : undefined;
      if (late !== undefined) return late;
      if (read.left() <= 0 || read.signal?.aborted) return undefined;
      throw error;
    }
  }

  /** A read that entered has ended. */
  leave(): void {
    this.guard.leave();
  }

  #suspect({ need, strategy }: FallbackRead, tried: readonly RouterNode[]): RouterNode | undefined {
    if (!this.#panic) return undefined;
    const suspects = this.selector.replicas.filter(
      (node) =>
        node.suspect &&
        !tried.includes(node) &&
        (need === undefined || this.consistency.book.serves(node, need)),
    );
    return suspects.length === 0 ? undefined : this.selector.among(suspects, strategy);
  }

  /** A replica that has caught up, or the primary when it has room again: whatever comes first. */
  async #late(
    primary: RouterNode,
    { need, strategy, signal, left }: FallbackRead,
    tried: readonly RouterNode[],
  ): Promise<RouterNode | undefined> {
    const { consistency, guard } = this;
    if (need === undefined || consistency.catchUp.waiting >= MAX_PATIENT) return undefined;
    const over = new AbortController();
    const end = (): void => over.abort();
    signal?.addEventListener('abort', end, { once: true });
    const room = guard.room(over.signal);
    void room.then(end);
    await consistency.wait(need, tried, left(), over.signal, PATIENCE_MS);
    end();
    signal?.removeEventListener('abort', end);
    if (await room) return primary;
    return consistency.pick(need, strategy, tried);
  }
}

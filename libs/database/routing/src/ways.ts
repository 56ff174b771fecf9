import type { BalancingStrategy, StrategyChoice, StrategyName } from '@nest-pooling/balancing';
import { deadlineKey, getContext, scopedSignal, type Env } from '@nest-pooling/core';
import {
  routeKey,
  SqlCancelledError,
  SqlTimeoutError,
  type QueryOptions,
  type Route,
} from '@nest-pooling/sql';
import { NotCaughtUpError } from './consistency-errors.js';
import { NoNodeError } from './errors.js';
import type { FallbackRead } from './fallback.js';
import type { Need } from './need.js';
import type { ReadParts } from './read-parts.js';
import type { RouterNode } from './router-node.js';
import type { Selector } from './selector.js';
import type { Tries } from './tries.js';

/** Options of one read. */
export interface ReadOptions extends QueryOptions {
  /** Overrides the router's strategy for this call: a name, or one of your own (the same object each time: it has a memory). */
  readonly strategy?: StrategyChoice;
}

/** What decides where a call goes: the same in every kind of call. */
export type LendOptions = Pick<ReadOptions, 'consistency' | 'maxLagMs' | 'strategy' | 'timeoutMs' | 'signal'>;

/** How a read finds its node. */
export interface Way {
  /** What it must see; `undefined` when any node will do, or when there is only one: see {@link Ways.next}. */
  need: Need | undefined;
  /** Whether that was asked. */
  asked: boolean;
  readonly options: LendOptions | undefined;
  readonly route: Route | undefined;
  readonly strategy: BalancingStrategy;
  readonly deadline: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** Where it failed. */
  tries?: Tries;
  /** When it began to wait for a node. */
  since?: number;
}

/** What ways lead along. */
export interface WayParts extends Pick<ReadParts, 'consistency' | 'fallback'> {
  readonly selector: Selector;
}

/** Finds the node of a read, the first one and others after it, within the read's time. */
export class Ways {
  constructor(
    private readonly name: string,
    private readonly parts: WayParts,
    private readonly env: Env,
  ) {}

  /** The way of a call with these options. */
  of(options: LendOptions | undefined): Way {
    const { selector, consistency } = this.parts;
    const route = getContext(routeKey);
    const strategy = options?.strategy ?? (route?.strategy as StrategyName | undefined);
    const timeoutMs = options?.timeoutMs;
    const asked = selector.replicas.length > 0;
    return {
      need: asked ? consistency.need(options, route) : undefined,
      asked,
      options,
      route,
      strategy: strategy === undefined ? selector.usual : selector.strategy(strategy),
      deadline: timeoutMs === undefined ? undefined : this.env.scheduler.now() + timeoutMs,
      signal: scopedSignal(options?.signal),
    };
  }

  /** The node for the first attempt, if there is one without waiting. */
  first({ need, strategy }: Way): RouterNode | undefined {
    const { selector, consistency } = this.parts;
    return need === undefined ? selector.first(strategy) : consistency.pick(need, strategy);
  }

  /** The node for another attempt. */
  next(way: Way): RouterNode | undefined | Promise<RouterNode | undefined> {
    const { selector, consistency } = this.parts;
    if (!way.asked) {
      // There was a primary and nothing else. By now another server may be the primary, and replicas may be there that are behind.
      way.asked = true;
      way.need = consistency.need(way.options, way.route);
    }
    const { need, strategy } = way;
    if (need === undefined) return selector.next(tried(way), strategy) ?? this.#again(way);
    return consistency.pick(need, strategy, tried(way)) ?? this.awaited(way);
  }

  /** A replica that has come as far as it must in the time that there is, else the primary. */
  async awaited(way: Way): Promise<RouterNode | undefined> {
    const { need, strategy, signal } = way;
    const { consistency } = this.parts;
    if (need === undefined) return undefined;
    way.since ??= this.env.scheduler.now();
    await consistency.wait(need, tried(way), this.#left(way), signal);
    if (this.#isOver(way)) return undefined;
    const replica = consistency.pick(need, strategy, tried(way));
    if (replica !== undefined) return replica;
    const primary = this.#primary(way);
    if (primary === undefined || consistency.primaryHas(need)) return primary ?? this.#again(way);
    // It may be that we have not heard from it yet.
    await consistency.catchUp.asked(this.#left(way), signal);
    if (this.#isOver(way)) return undefined;
    const has = consistency.primaryHas(need) ? this.#primary(way) : undefined;
    return consistency.pick(need, strategy, tried(way)) ?? has ?? this.#again(way);
  }

  /** {@link Fallback.enter}, or an error when the read has no more time. `doubt` comes first then. */
  async enter(primary: RouterNode, way: Way, doubt?: unknown): Promise<RouterNode> {
    way.since ??= this.env.scheduler.now();
    const facts: FallbackRead = { ...way, left: () => this.#left(way) };
    const node = await this.parts.fallback.enter(primary, facts, tried(way));
    if (node === undefined) throw doubt ?? this.none(way, undefined);
    return node;
  }

  /** It was the primary that was waited for; by now it may be none. */
  stillServes(node: RouterNode, primary: RouterNode): boolean {
    return node !== primary || node === this.parts.selector.primary;
  }

  /** The error for a read that has no node. */
  none(way: Way, cause: unknown): Error {
    const { consistency, selector } = this.parts;
    const { need, signal, since, deadline } = way;
    if (signal?.aborted) return new SqlCancelledError(this.name, signal.reason);
    if (since !== undefined && this.#left(way) <= 0)
      return new SqlTimeoutError(this.name, this.#deadline(deadline) - since);
    if (need === undefined || need.strong) {
      return new NoNodeError(this.name, way.tries?.failures ?? NOTHING, cause);
    }
    const why = selector.readable.map((node) => `${node.id} ${consistency.why(node, need) ?? 'failed'}`);
    return new NotCaughtUpError(this.name, why.join('; ') || 'no replica is in rotation', cause);
  }

  /** What is left for another attempt. */
  rest<O extends LendOptions>(options: O | undefined, way: Way): O | undefined {
    if (options === undefined || way.deadline === undefined) return options;
    return { ...options, timeoutMs: Math.max(0, this.#left(way)) };
  }

  /** The primary, where reads may go there and it was not tried. */
  #primary(way: Way): RouterNode | undefined {
    const { primary } = this.parts.selector;
    if (primary === undefined || tried(way).includes(primary)) return undefined;
    return this.#mayBePrimary(way) ? primary : undefined;
  }

  /** Reads of this kind may go to the primary. */
  #mayBePrimary({ need }: Way): boolean {
    return need?.strong === true || this.parts.selector.fallsBack;
  }

  /** One that it was taken away from though that answers, as it seems by now. */
  #again(way: Way): RouterNode | undefined {
    const { selector, consistency } = this.parts;
    const { tries, need } = way;
    return tries?.again((node) => {
      const mayBe = node !== selector.primary || this.#mayBePrimary(way);
      return mayBe && (need === undefined || consistency.serves(node, need));
    });
  }

  /** Its time is over, or its caller has gone. */
  #isOver(way: Way): boolean {
    return way.signal?.aborted === true || this.#left(way) <= 0;
  }

  #left({ deadline }: Way): number {
    const end = this.#deadline(deadline);
    return end === Infinity ? Infinity : end - this.env.scheduler.now();
  }

  /** Of the call, or of the scope: that one is looked for only where somebody has to wait. */
  #deadline(own: number | undefined): number {
    return Math.min(own ?? Infinity, getContext(deadlineKey) ?? Infinity);
  }
}

const NOWHERE: readonly RouterNode[] = [];
const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** Where a read need not be tried again. */
function tried({ tries }: Way): readonly RouterNode[] {
  return tries === undefined ? NOWHERE : tries.nodes;
}

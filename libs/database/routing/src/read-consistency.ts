import type { BalancingStrategy } from '@nest-pooling/balancing';
import { getContext, OptionsError, type Env } from '@nest-pooling/core';
import { routeKey, type Consistency, type Route, type SqlDriver } from '@nest-pooling/sql';
import { CatchUp } from './catch-up.js';
import { causalScope } from './causal-scope.js';
import { consistencyNames, type ConsistencyOptions } from './consistency-options.js';
import { STRONG, type Need, type Want } from './need.js';
import { PositionBook } from './position-book.js';
import { PrimaryQuestion } from './primary-question.js';
import type { RouterNode } from './router-node.js';
import type { Selector } from './selector.js';

/** A read waits for this many replicas at most, those that are the least behind: the first that is there serves it. */
const MOST_AWAITED = 3;

/** What a call says about its consistency. */
interface Asked {
  readonly consistency?: Consistency | undefined;
  readonly maxLagMs?: number | undefined;
}

/** Knows what a read must see, which replicas have that, and waits for one that will. */
export class ReadConsistency {
  readonly book: PositionBook;
  readonly question: PrimaryQuestion;
  readonly catchUp: CatchUp;
  readonly #level: Consistency;
  /** A read that asks for nothing gets any node. */
  readonly #plain: boolean;
  /** Sessions of the primary that are lent: what was done there so far counts as written. */
  #lent = 0;

  constructor(
    private readonly name: string,
    private readonly selector: Selector,
    private readonly options: ConsistencyOptions,
    probeTimeoutMs: number,
    driver: SqlDriver,
    private readonly env: Env,
  ) {
    this.#level = options.consistency ?? 'eventual';
    this.#plain = this.#level === 'eventual' && options.maxLagMs === undefined;
    this.book = new PositionBook(selector, driver, env);
    this.question = new PrimaryQuestion(() => selector.primary, this.book, probeTimeoutMs);
    this.catchUp = new CatchUp(this.book, this.question, probeTimeoutMs, env);
  }

  /** A write has ended, well (`told`) or not: it may have been committed. */
  wrote(told: boolean): void {
    const write = this.book.wrote(told);
    causalScope()?.wrote(this, write);
  }

  /** A session of the primary is lent, whose statements nobody counts. Returns the function for its end. */
  lent(): () => void {
    this.#lent++;
    return () => {
      this.#lent--;
      this.wrote(true);
    };
  }

  /** What a read must see; `undefined` when any node will do. Throws an `OptionsError` for options that mean nothing. */
  need(asked: Asked | undefined, route: Route | undefined): Need | undefined {
    const level = asked?.consistency ?? route?.consistency;
    const maxLagMs = asked?.maxLagMs ?? route?.maxLagMs;
    if (level === undefined && maxLagMs === undefined && this.#plain) return undefined;
    return this.#need(level, maxLagMs);
  }

  /** A replica in rotation that has what the read needs and was not tried. */
  pick(
    need: Need,
    strategy: BalancingStrategy | undefined,
    tried: readonly RouterNode[] = [],
  ): RouterNode | undefined {
    if (need.strong) return undefined;
    const { readable } = this.selector;
    // Mostly all of them do: then nothing is allocated.
    const all = readable.every((node) => this.book.serves(node, need));
    const able = all ? readable : readable.filter((node) => this.book.serves(node, need));
    const some = able.length < need.atLeast ? this.#atLeast(need) : able;
    const untried = tried.length === 0 ? some : some.filter((node) => !tried.includes(node));
    return untried.length === 0 ? undefined : this.selector.among(untried, strategy);
  }

  /** Waits until {@link ReadConsistency.pick} finds one, for `mostMs` at most; not for replicas that are too far behind for that. */
  async wait(
    need: Need,
    tried: readonly RouterNode[],
    leftMs: number,
    signal: AbortSignal | undefined,
    mostMs = this.options.catchUpMs ?? 50,
  ): Promise<void> {
    if (need.strong || (need.want !== undefined && need.want.position === undefined)) return;
    const ms = Math.min(mostMs, leftMs);
    const lag = (node: RouterNode): number => this.book.progress(node)?.lagMs ?? 0;
    const near = this.selector.readable.filter((node) => !tried.includes(node) && lag(node) <= ms);
    const nearest = near.toSorted((a, b) => lag(a) - lag(b)).slice(0, MOST_AWAITED);
    await this.catchUp.until(nearest, need, ms, signal);
  }

  /**
   * Whether the primary has what the read needs: not when it belongs to an older history than a token does, since we have missed then
   * that there is a newer one. Before it has told where it is nobody knows; of what answers behind a proxy, never.
   */
  primaryHas({ want }: Need): boolean {
    const position = want?.position;
    // Without histories there is nothing to miss.
    if (position === undefined || position.timeline === 0 || this.selector.primary?.proxied) return true;
    const { base } = this.book.samples;
    return base !== undefined && position.timeline <= base.timeline;
  }

  /** Whether a node has what the read needs, whatever else may be said of it. */
  serves(node: RouterNode, need: Need): boolean {
    if (node === this.selector.primary) return this.primaryHas(need);
    return !need.strong && this.book.serves(node, need);
  }

  /** Why a replica in rotation cannot serve the read; `undefined` when it can. */
  why(node: RouterNode, need: Need): string | undefined {
    if (this.book.serves(node, need) || this.#atLeast(need).includes(node)) return undefined;
    const progress = this.book.progress(node);
    if (progress === undefined) return 'its position is not known';
    if (!this.book.hasWrites(progress, need)) {
      const wanted = need.want?.position ?? this.book.covering(need)?.position;
      return `at ${progress.position.at}: has not reached ${wanted?.at ?? 'the last write, whose position is not known yet'}`;
    }
    const behind = progress.ms === -Infinity ? 'unknown' : `${Math.round(this.#now() - progress.ms)} ms`;
    return `known to be at most ${behind} behind, the bound is ${Math.round(this.#now() - need.ms)} ms`;
  }

  /** {@link ReadConsistency.why} for a call with these options. */
  explained(asked: Asked | undefined): (node: RouterNode) => string | undefined {
    const need = this.need(asked, getContext(routeKey));
    if (need?.strong === true) return () => 'the read is strong: only the primary will do';
    return (node) => (need === undefined ? undefined : this.why(node, need));
  }

  close(): void {
    this.catchUp.close();
  }

  #need(level: Consistency | undefined, maxLagMs: number | undefined): Need | undefined {
    if (level !== undefined && !consistencyNames.includes(level)) {
      this.#refuse(`consistency: must be one of ${consistencyNames.join(', ')} (got '${level as string}')`);
    }
    if (maxLagMs !== undefined && !(maxLagMs >= 0)) {
      this.#refuse(`maxLagMs: must be a number of at least 0 (got ${String(maxLagMs)})`);
    }
    const effective = level ?? this.#level;
    if (effective === 'strong') return STRONG;
    // Who asks for no more than "eventual" is not held to what the router wants of the others.
    const usual = level === 'eventual' ? undefined : this.options.maxLagMs;
    const bound = maxLagMs ?? usual;
    if (bound === undefined && effective === 'bounded') {
      this.#refuse("maxLagMs: is needed with consistency 'bounded', here or in the router's options");
    }
    const own = maxLagMs === undefined && level !== 'bounded';
    const ms = bound === undefined ? -Infinity : this.#now() - bound;
    if (bound !== undefined && this.#lent > 0) this.wrote(true);
    const caused = effective === 'read-your-writes' ? this.caused() : undefined;
    const writes = caused?.writes ?? 0;
    const want = caused?.want;
    if (writes === 0 && want === undefined && ms === -Infinity) return undefined;
    const atLeast = own && ms > -Infinity ? (this.options.minServing ?? 0) : 0;
    return { writes, ms, want, atLeast, strong: false };
  }

  /** What the caller has written, and was told that others have. */
  caused(): { readonly writes: number; readonly want: Want | undefined } {
    if (this.#lent > 0) this.wrote(true);
    return causalScope()?.tracker(this) ?? { writes: this.book.writes, want: undefined };
  }

  /** The replicas that serve though they are behind. */
  #atLeast(need: Need): readonly RouterNode[] {
    if (need.atLeast === 0) return [];
    const { book } = this;
    const known = this.selector.readable.filter((node) => {
      const progress = book.progress(node);
      return progress !== undefined && book.hasWrites(progress, need);
    });
    const ms = (node: RouterNode): number => book.progress(node)!.ms;
    return known.toSorted((a, b) => ms(b) - ms(a)).slice(0, need.atLeast);
  }

  #now(): number {
    return this.env.scheduler.now();
  }

  #refuse(problem: string): never {
    throw new OptionsError(`a read of '${this.name}'`, [problem]);
  }
}

import type { BalancingStrategy, StrategyChoice, StrategyName } from '@nest-pooling/balancing';
import { deadlineKey, getContext, type Env } from '@nest-pooling/core';
import {
  routeKey,
  SqlCancelledError,
  SqlConnectionError,
  SqlTimeoutError,
  type Profile,
  type QueryOptions,
  type SqlNode,
  type SqlResult,
  type Statement,
} from '@nest-pooling/sql';
import { NotCaughtUpError, RetryBudgetError } from './consistency-errors.js';
import { NoNodeError } from './errors.js';
import type { FallbackRead } from './fallback.js';
import type { Need } from './need.js';
import type { ReadParts } from './read-parts.js';
import type { RouterNode } from './router-node.js';
import type { Selector } from './selector.js';
import { costly, countsAsFailed, judge } from './verdict.js';
import type { Writer } from './writer.js';

/** Options of one read. */
export interface ReadOptions extends QueryOptions {
  /** Overrides the router's strategy for this call: a name, or one of your own (the same object each time: it has a memory). */
  readonly strategy?: StrategyChoice;
}

/** What `Reader.lend` looks at: the same in every kind of call. */
type LendOptions = Pick<ReadOptions, 'consistency' | 'maxLagMs' | 'strategy' | 'timeoutMs' | 'signal'>;

/** What decides where a read goes. */
interface Way {
  readonly need: Need | undefined;
  readonly strategy: BalancingStrategy;
  readonly deadline: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** When it began to wait for a node. */
  since?: number;
}

/** A node for what ends later. */
interface Admitted<O> {
  readonly node: SqlNode;
  /** The caller's options, with the time that is left. */
  readonly left: O | undefined;
  /** To be called at the end. */
  readonly leave: () => void;
}

/** What the parts of a router are to its reader. */
export interface ReaderParts extends ReadParts {
  readonly selector: Selector;
  readonly writer: Writer;
}

/**
 * Runs reads: on the node that the strategy chose among those that have what the read must see, and elsewhere when that node fails, within
 * one deadline. What turns out to write is sent to the primary once at most, like any other write.
 */
export class Reader {
  constructor(
    private readonly name: string,
    private readonly parts: ReaderParts,
    private readonly env: Env,
  ) {}

  /** Runs `work` on a node that has what it must see: a read that runs nowhere else should it fail. */
  async lend<R, O extends LendOptions>(
    options: O | undefined,
    work: (sql: SqlNode, left: O | undefined) => Promise<R>,
  ): Promise<R> {
    const { node, left, leave } = await this.admit(options);
    try {
      return await work(node, left);
    } finally {
      leave();
    }
  }

  /** The same for what ends later: `leave` is to be called then. */
  async admit<O extends LendOptions>(options: O | undefined): Promise<Admitted<O>> {
    const way = this.#way(options);
    const { fallback } = this.parts;
    let found = this.#first(way) ?? (await this.#awaited(way, []));
    for (;;) {
      if (found === undefined) throw this.#noNode(way, [], undefined);
      const guarded = fallback.guards(found, way.need);
      const node = guarded ? await this.#enter(found, way, []) : found;
      const leave = guarded && node === found ? () => fallback.leave() : nothing;
      const left = way.since === undefined ? options : this.#rest(options, way);
      if (!guarded || this.#stillServes(node, found)) return { node: node.sql, left, leave };
      leave();
      found = await this.#next(way, []);
    }
  }

  /** Runs `work` on a node that has what it must see, and elsewhere while that cannot be begun; not on those of `before`. */
  async borrow<R>(work: (sql: SqlNode) => Promise<R>, before: readonly RouterNode[]): Promise<R> {
    const way = this.#way(undefined);
    const tried = [...before];
    let failure: unknown;
    let node = (tried.length === 0 && this.#first(way)) || (await this.#next(way, tried));
    while (node !== undefined) {
      const permit = node.breaker.tryEnter();
      try {
        if (permit === 0) throw node.breaker.rejection();
        const result = await work(node.sql);
        node.breaker.succeed(permit);
        return result;
      } catch (error) {
        failure = error;
        tried.push(node);
        if (judge(node, permit, error) === 'final') throw error;
      }
      node = await this.#next(way, tried);
    }
    throw this.#noNode(way, tried, failure);
  }

  async read<Row>(
    statement: Statement,
    profile: Profile,
    options: ReadOptions | undefined,
  ): Promise<SqlResult<Row>> {
    if (profile.pace.writes) return this.#write<Row>(statement, options);
    const { fallback, budget, latency } = this.parts;
    const way = this.#way(options);
    budget.request();
    let node = this.#first(way);
    if (node === undefined && way.need !== undefined) node = await this.#awaited(way, []);
    /** Of a try on the primary that may have written, should this be no read. */
    let doubt: unknown;
    let tried: RouterNode[] | undefined;
    let failure: unknown;
    while (node !== undefined) {
      if (doubt !== undefined && node.takesWrites) throw doubt;
      let guarded = fallback.guards(node, way.need);
      if (guarded) {
        const found: RouterNode = node;
        guarded = (node = await this.#enter(found, way, tried ?? [], doubt)) === found;
        if (!this.#stillServes(node, found)) {
          fallback.leave();
          node = await this.#next(way, tried ?? []);
          continue;
        }
      }
      // Sessions of all others refuse to write.
      const mayWrite = node.takesWrites;
      const permit = node.breaker.tryEnter();
      const began = latency.begin(way.strategy);
      let answered = false;
      try {
        if (permit === 0) throw node.breaker.rejection();
        const limits = tried === undefined && way.since === undefined ? options : this.#rest(options, way);
        const result = await node.sql.read<Row>(statement, profile, limits);
        answered = true;
        node.breaker.succeed(permit);
        node.health.succeeded();
        latency.ended(node, way.strategy, began, 'answered');
        if (!mayWrite) profile.pace.reads = true;
        return result;
      } catch (error) {
        failure = error;
        tried = [...(tried ?? []), node];
        const verdict = judge(node, permit, error);
        if (countsAsFailed(error)) latency.ended(node, way.strategy, began, 'failed');
        if (verdict === 'final') throw doubt ?? error;
        if (!profile.pace.reads && error instanceof SqlConnectionError && error.fault?.outcome === 'unknown')
          doubt = error;
        if (verdict === 'primary') {
          profile.pace.writes = true;
          if (doubt !== undefined) throw doubt;
          return this.#write<Row>(statement, this.#rest(options, way));
        }
        if (costly(error) && !budget.tryRetry())
          throw doubt ?? new RetryBudgetError(this.name, node.id, error);
      } finally {
        if (guarded) fallback.leave();
        // A function that nobody knows may have written there, unless a replica has run it before.
        if (mayWrite && !profile.pace.reads) this.parts.consistency.wrote(answered);
      }
      node = await this.#next(way, tried);
    }
    throw doubt ?? this.#noNode(way, tried ?? [], failure);
  }

  #way(options: LendOptions | undefined): Way {
    const { selector, consistency } = this.parts;
    const route = getContext(routeKey);
    const strategy = options?.strategy ?? (route?.strategy as StrategyName | undefined);
    const timeoutMs = options?.timeoutMs;
    return {
      need: selector.replicas.length === 0 ? undefined : consistency.need(options, route),
      strategy: strategy === undefined ? selector.usual : selector.strategy(strategy),
      deadline: timeoutMs === undefined ? undefined : this.env.scheduler.now() + timeoutMs,
      signal: options?.signal,
    };
  }

  /** The node for the first attempt, if there is one without waiting. */
  #first({ need, strategy }: Way): RouterNode | undefined {
    const { selector, consistency } = this.parts;
    return need === undefined ? selector.first(strategy) : consistency.pick(need, strategy);
  }

  #next(way: Way, tried: readonly RouterNode[]): RouterNode | undefined | Promise<RouterNode | undefined> {
    const { need, strategy } = way;
    const { selector, consistency } = this.parts;
    if (need === undefined) return selector.next(tried, strategy);
    return consistency.pick(need, strategy, tried) ?? this.#awaited(way, tried);
  }

  /** A replica that has come as far as it must in the time that there is, else the primary. */
  async #awaited(way: Way, tried: readonly RouterNode[]): Promise<RouterNode | undefined> {
    const { need, strategy, signal } = way;
    const { selector, consistency } = this.parts;
    if (need === undefined) return undefined;
    way.since ??= this.env.scheduler.now();
    await consistency.wait(need, tried, this.#left(way), signal);
    if (this.#isOver(way)) return undefined;
    const replica = consistency.pick(need, strategy, tried);
    if (replica !== undefined) return replica;
    const { primary, fallsBack } = selector;
    if (primary === undefined || tried.includes(primary)) return undefined;
    return (need.strong || fallsBack) && consistency.primaryHas(need) ? primary : undefined;
  }

  /** {@link Fallback.enter}, or an error when the read has no more time. `doubt` comes first then. */
  async #enter(
    primary: RouterNode,
    way: Way,
    tried: readonly RouterNode[],
    doubt?: unknown,
  ): Promise<RouterNode> {
    way.since ??= this.env.scheduler.now();
    const facts: FallbackRead = { ...way, left: () => this.#left(way) };
    const node = await this.parts.fallback.enter(primary, facts, tried);
    if (node === undefined) throw doubt ?? this.#noNode(way, tried, undefined);
    return node;
  }

  /** It was the primary that was waited for; by now it may be none. */
  #stillServes(node: RouterNode, primary: RouterNode): boolean {
    return node !== primary || node === this.parts.selector.primary;
  }

  /** Its time is over, or its caller has gone. */
  #isOver(way: Way): boolean {
    return way.signal?.aborted === true || this.#left(way) <= 0;
  }

  #noNode(way: Way, tried: readonly RouterNode[], cause: unknown): Error {
    const { consistency, selector } = this.parts;
    const { need, signal, since, deadline } = way;
    if (signal?.aborted) return new SqlCancelledError(this.name, signal.reason);
    if (since !== undefined && this.#left(way) <= 0)
      return new SqlTimeoutError(this.name, this.#deadline(deadline) - since);
    const ids = tried.map(({ id }) => id);
    if (need === undefined || need.strong) return new NoNodeError(this.name, ids, cause);
    const why = selector.readable.map((node) => `${node.id} ${consistency.why(node, need) ?? 'failed'}`);
    return new NotCaughtUpError(this.name, why.join('; ') || 'no replica is in rotation', cause);
  }

  #write<Row>(statement: Statement, options: QueryOptions | undefined): Promise<SqlResult<Row>> {
    return this.parts.writer.run((sql, left) => sql.query<Row>(statement, left, 'write'), options);
  }

  #left({ deadline }: Way): number {
    const end = this.#deadline(deadline);
    return end === Infinity ? Infinity : end - this.env.scheduler.now();
  }

  /** Of the call, or of the scope: that one is looked for only where somebody has to wait. */
  #deadline(own: number | undefined): number {
    return Math.min(own ?? Infinity, getContext(deadlineKey) ?? Infinity);
  }

  /** What is left for another attempt. */
  #rest<O extends LendOptions>(options: O | undefined, way: Way): O | undefined {
    if (options === undefined || way.deadline === undefined) return options;
    return { ...options, timeoutMs: Math.max(0, this.#left(way)) };
  }
}

function nothing(): void {}

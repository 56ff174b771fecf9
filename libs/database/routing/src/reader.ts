import type { BalancingStrategy, StrategyChoice, StrategyName } from '@nest-pooling/balancing';
import { getContext, scopedSignal, type Env } from '@nest-pooling/core';
import {
  routeKey,
  SqlConnectionError,
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
  async lend<R>(options: LendOptions | undefined, work: (sql: SqlNode) => Promise<R>): Promise<R> {
    const { node, leave } = await this.admit(options);
    try {
      return await work(node);
    } finally {
      leave();
    }
  }

  /** The same for what ends later: `leave` is to be called then. */
  async admit(options: LendOptions | undefined): Promise<{ node: SqlNode; leave: () => void }> {
    const way = this.#way(options);
    const { fallback } = this.parts;
    const found = this.#first(way) ?? (await this.#awaited(way, []));
    if (found === undefined) throw this.#noNode(way, [], undefined);
    if (!fallback.guards(found, way.need)) return { node: found.sql, leave: nothing };
    const node = await fallback.enter(found, this.#facts(way), []);
    return { node: node.sql, leave: node === found ? () => fallback.leave() : nothing };
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
      let guarded = fallback.guards(node, way.need);
      if (guarded) {
        const found: RouterNode = node;
        guarded = (node = await fallback.enter(found, this.#facts(way), tried ?? [])) === found;
      }
      const permit = node.breaker.tryEnter();
      const began = latency.begin(way.strategy);
      try {
        if (permit === 0) throw node.breaker.rejection();
        const limits = tried === undefined ? options : this.#rest(options, way);
        const result = await node.sql.read<Row>(statement, profile, limits);
        node.breaker.succeed(permit);
        node.health.succeeded();
        latency.ended(node, way.strategy, began, 'answered');
        if (node !== this.parts.selector.primary) profile.pace.reads = true;
        return result;
      } catch (error) {
        failure = error;
        tried = [...(tried ?? []), node];
        const verdict = judge(node, permit, error);
        if (countsAsFailed(error)) latency.ended(node, way.strategy, began, 'failed');
        if (verdict === 'final') throw error;
        if (error instanceof SqlConnectionError && error.fault?.outcome === 'unknown') doubt = error;
        if (verdict === 'primary') {
          profile.pace.writes = true;
          if (doubt !== undefined) throw doubt;
          return this.#write<Row>(statement, this.#rest(options, way));
        }
        if (costly(error) && !budget.tryRetry()) throw new RetryBudgetError(this.name, node.id, error);
      } finally {
        if (guarded) fallback.leave();
        // A function that nobody knows may have written there, unless a replica has run it before.
        if (node === this.parts.selector.primary && !profile.pace.reads) this.parts.consistency.wrote();
      }
      node = await this.#next(way, tried);
    }
    throw this.#noNode(way, tried ?? [], doubt ?? failure);
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
      signal: scopedSignal(options?.signal),
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
    await consistency.wait(need, tried, this.#left(way), signal);
    const replica = consistency.pick(need, strategy, tried);
    if (replica !== undefined) return replica;
    const { primary, fallsBack } = selector;
    if (primary === undefined || tried.includes(primary)) return undefined;
    return (need.strong || fallsBack) && consistency.primaryHas(need) ? primary : undefined;
  }

  #facts(way: Way): FallbackRead {
    return { ...way, leftMs: this.#left(way) };
  }

  #noNode({ need }: Way, tried: readonly RouterNode[], cause: unknown): Error {
    const { consistency, selector } = this.parts;
    const ids = tried.map(({ id }) => id);
    if (need === undefined || need.strong) return new NoNodeError(this.name, ids, cause);
    const why = selector.readable.map((node) => `${node.id} ${consistency.why(node, need) ?? 'failed'}`);
    return new NotCaughtUpError(this.name, why.join('; ') || 'no replica is in rotation', cause);
  }

  #write<Row>(statement: Statement, options: QueryOptions | undefined): Promise<SqlResult<Row>> {
    return this.parts.writer.run((sql, left) => sql.query<Row>(statement, left, 'write'), options);
  }

  #left({ deadline }: Way): number {
    return deadline === undefined ? Infinity : deadline - this.env.scheduler.now();
  }

  /** What is left for another attempt. */
  #rest(options: ReadOptions | undefined, way: Way): ReadOptions | undefined {
    return way.deadline === undefined ? options : { ...options, timeoutMs: Math.max(0, this.#left(way)) };
  }
}

function nothing(): void {}

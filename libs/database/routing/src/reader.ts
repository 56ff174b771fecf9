import type { Env } from '@nest-pooling/core';
import {
  SqlConnectionError,
  type Profile,
  type QueryOptions,
  type SqlNode,
  type SqlResult,
  type Statement,
} from '@nest-pooling/sql';
import { RetryBudgetError } from './consistency-errors.js';
import type { ReadParts } from './read-parts.js';
import type { RouterNode } from './router-node.js';
import type { Selector } from './selector.js';
import { Tries } from './tries.js';
import { costly, countsAsFailed, judge } from './verdict.js';
import { Ways, type LendOptions, type ReadOptions } from './ways.js';
import type { Writer } from './writer.js';

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
  readonly #ways: Ways;

  constructor(
    private readonly name: string,
    private readonly parts: ReaderParts,
    env: Env,
  ) {
    this.#ways = new Ways(name, parts, env);
  }

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
    const way = this.#ways.of(options);
    const { fallback } = this.parts;
    let found = this.#ways.first(way) ?? (await this.#ways.awaited(way));
    for (;;) {
      if (found === undefined) throw this.#ways.none(way, undefined);
      const guarded = fallback.guards(found, way.need);
      const node = guarded ? await this.#ways.enter(found, way) : found;
      const leave = guarded && node === found ? () => fallback.leave() : nothing;
      const left = way.since === undefined ? options : this.#ways.rest(options, way);
      if (!guarded || this.#ways.stillServes(node, found)) return { node: node.sql, left, leave };
      leave();
      found = await this.#ways.next(way);
    }
  }

  /** Runs `work` on a node that has what it must see, and elsewhere while that cannot be begun; not on those of `before`. */
  async borrow<R>(work: (sql: SqlNode) => Promise<R>, before: readonly RouterNode[]): Promise<R> {
    const way = this.#ways.of(undefined);
    const tries = (way.tries = new Tries(before));
    let failure: unknown;
    let node = (before.length === 0 && this.#ways.first(way)) || (await this.#ways.next(way));
    while (node !== undefined) {
      const permit = node.breaker.tryEnter();
      const { abandons } = node.sql;
      try {
        if (permit === 0) throw node.breaker.rejection();
        const result = await work(node.sql);
        node.breaker.succeed(permit);
        return result;
      } catch (error) {
        failure = error;
        tries.add(node, error, node.sql.abandons !== abandons);
        if (judge(node, permit, error) === 'final') throw error;
      }
      node = await this.#ways.next(way);
    }
    throw this.#ways.none(way, failure);
  }

  async read<Row>(
    statement: Statement,
    profile: Profile,
    options: ReadOptions | undefined,
  ): Promise<SqlResult<Row>> {
    if (profile.pace.writes) return this.#write<Row>(statement, options);
    const { fallback, budget, latency } = this.parts;
    const way = this.#ways.of(options);
    budget.request();
    let node = this.#ways.first(way);
    if (node === undefined && way.need !== undefined) node = await this.#ways.awaited(way);
    /** Of a try on the primary that may have written, should this be no read. */
    let doubt: unknown;
    let failure: unknown;
    while (node !== undefined) {
      if (doubt !== undefined && node.takesWrites) throw doubt;
      let guarded = fallback.guards(node, way.need);
      if (guarded) {
        const found: RouterNode = node;
        guarded = (node = await this.#ways.enter(found, way, doubt)) === found;
        if (!this.#ways.stillServes(node, found)) {
          fallback.leave();
          node = await this.#ways.next(way);
          continue;
        }
      }
      // Sessions of all others refuse to write. It may become the primary while the read waits there for a session, or be it no more.
      const mayWrite = node.takesWrites;
      const permit = node.breaker.tryEnter();
      const { abandons } = node.sql;
      const began = latency.begin(way.strategy);
      let answered = false;
      try {
        if (permit === 0) throw node.breaker.rejection();
        const left =
          way.tries === undefined && way.since === undefined ? options : this.#ways.rest(options, way);
        // Who waits on a replica may be served when it has become the primary: not a second write there.
        const limits = doubt === undefined ? left : { ...left, harmless: true };
        const result = await node.sql.read<Row>(statement, profile, limits);
        answered = true;
        node.breaker.succeed(permit);
        node.health.succeeded();
        latency.ended(node, way.strategy, began, 'answered');
        if (!mayWrite && !node.takesWrites) profile.pace.reads = true;
        return result;
      } catch (error) {
        failure = error;
        (way.tries ??= new Tries([])).add(node, error, node.sql.abandons !== abandons);
        const verdict = judge(node, permit, error);
        if (countsAsFailed(error)) latency.ended(node, way.strategy, began, 'failed');
        if (verdict === 'final') throw doubt ?? error;
        if (!profile.pace.reads && error instanceof SqlConnectionError && error.fault?.outcome === 'unknown')
          doubt = error;
        if (verdict === 'primary') {
          profile.pace.writes = true;
          if (doubt !== undefined) throw doubt;
          return this.#write<Row>(statement, this.#ways.rest(options, way));
        }
        if (costly(error) && !budget.tryRetry())
          throw doubt ?? new RetryBudgetError(this.name, node.id, error);
      } finally {
        if (guarded) fallback.leave();
        // A function that nobody knows may have written there, unless a replica has run it before.
        if ((mayWrite || node.takesWrites) && !profile.pace.reads) this.parts.consistency.wrote(answered);
      }
      node = await this.#ways.next(way);
    }
    throw doubt ?? this.#ways.none(way, failure);
  }

  #write<Row>(statement: Statement, options: QueryOptions | undefined): Promise<SqlResult<Row>> {
    return this.parts.writer.run((sql, left) => sql.query<Row>(statement, left, 'write'), options);
  }
}

function nothing(): void {}

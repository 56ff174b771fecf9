import type { Env } from '@nest-pooling/core';
import type { Position, ProbeResult, SqlDriver } from '@nest-pooling/sql';
import type { Need, Want } from './need.js';
import type { NodePositions } from './node-listeners.js';
import { PositionSamples, type Moment, type Sample } from './position-samples.js';
import { Progress } from './progress.js';
import type { RouterNode } from './router-node.js';

/** The nodes, as they are now. */
export interface Nodes {
  readonly primary: RouterNode | undefined;
  readonly replicas: readonly RouterNode[];
}

/**
 * What is known of the positions of a router's nodes. Writes are counted, not asked about; every answer of the primary is a sample with
 * the count and the time at which it was asked, and every answer of a replica is compared with those samples once. So whether a replica
 * may serve a read is a comparison of numbers.
 */
export class PositionBook implements NodePositions {
  readonly samples: PositionSamples;
  readonly #progress = new WeakMap<RouterNode, Progress>();
  readonly #listeners: (() => void)[] = [];
  #source: RouterNode | undefined;
  #writes = 0;
  /** The last one that somebody was told to have happened. */
  #told = 0;

  constructor(
    private readonly nodes: Nodes,
    private readonly driver: SqlDriver,
    private readonly env: Env,
  ) {
    this.samples = new PositionSamples((have, want) => driver.compare(have, want));
  }

  /** Writes of this process through this router that have ended. */
  get writes(): number {
    return this.#writes;
  }

  /** A write has ended: it may have been committed; `told` says that somebody was told that it was. */
  wrote(told: boolean): number {
    this.#writes++;
    if (told) this.#told = this.#writes;
    return this.#writes;
  }

  /** Now, for a question that is about to be sent. */
  moment(): Moment {
    return { ms: this.env.scheduler.now(), writes: this.#writes };
  }

  /** Calls `listener` whenever more is known. */
  onMore(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** A node was probed. Without a moment nobody knows when it was asked. */
  probed(node: RouterNode, result: ProbeResult, moment: Moment | undefined): void {
    if (node === this.nodes.primary) {
      if (moment !== undefined && result.role !== 'replica') this.sampled(node, result, moment);
    } else if (result.role !== 'primary' && !node.sql.options.target.proxied) this.#heard(node, result);
  }

  /** The primary has told its position. */
  sampled(node: RouterNode, { systemId, timeline, at }: Position, moment: Moment): void {
    if (node !== this.nodes.primary || node.sql.options.target.proxied) return;
    if (this.#source !== node) this.samples.restart();
    this.#source = node;
    this.samples.add({ systemId, timeline, at }, moment);
    for (const replica of this.nodes.replicas) this.#progress.get(replica)?.again(this.samples);
    this.#more();
  }

  /** How far a replica has come; `undefined` when that is not known, or not any more. */
  progress(node: RouterNode): Progress | undefined {
    const progress = this.#progress.get(node);
    return progress?.errors === node.sql.errors ? progress : undefined;
  }

  /** How far a node is behind. */
  lag(node: RouterNode): { lagMs: number | null; lagBytes: number | null } {
    if (node === this.nodes.primary) return { lagMs: 0, lagBytes: 0 };
    const progress = this.#progress.get(node);
    const { newest } = this.samples;
    if (progress === undefined || newest === undefined) {
      return { lagMs: node.seen?.lagMs ?? null, lagBytes: null };
    }
    const bytes = this.driver.distance?.(progress.position, newest.position);
    return { lagMs: progress.lagMs, lagBytes: bytes === undefined ? null : Math.max(0, bytes) };
  }

  /** Whether a replica has all that a read needs. */
  serves(node: RouterNode, need: Need): boolean {
    const progress = this.progress(node);
    if (progress === undefined) return false;
    return this.hasWrites(progress, need) && this.inBound(progress, need);
  }

  /** Whether it has the writes that a read must see. */
  hasWrites(progress: Progress, { writes, want }: Need): boolean {
    return progress.writes >= writes && (want === undefined || this.#passed(progress, want));
  }

  /** Whether it is as fresh as a read wants it. */
  inBound(progress: Progress, { ms }: Need): boolean {
    if (progress.ms >= ms) return true;
    // The primary is silent: what it told last is the present, unless it has acknowledged something to us after that.
    const { newest } = this.samples;
    if (newest === undefined || progress.sample !== newest || newest.writes < this.#told) return false;
    return this.nodes.primary?.health.admits !== true;
  }

  /** A position of the primary that holds all that a read needs, if one is known. */
  covering(need: Need): Sample | undefined {
    return this.samples.covering(need);
  }

  /** What a position means today: one of an older history is as good as reached where the present history began. */
  today(position: Position): Position {
    const { base } = this.samples;
    const older = base?.systemId === position.systemId && position.timeline < base.timeline;
    return older ? base : position;
  }

  #heard(node: RouterNode, result: ProbeResult): void {
    const position = { systemId: result.systemId, timeline: result.timeline, at: result.at };
    const { errors } = node.sql;
    let progress = this.#progress.get(node);
    // It went back, or to another history: what it had before, it may not have now.
    if (progress === undefined || !this.#goesOn(progress.position, position)) {
      progress = new Progress(position, errors);
      this.#progress.set(node, progress);
    }
    progress.told(position, errors, this.samples, this.env.scheduler.now(), result.lagMs);
    this.#more();
  }

  #goesOn(before: Position, now: Position): boolean {
    const same = before.at === now.at && before.timeline === now.timeline && before.systemId === now.systemId;
    return same || this.driver.compare(now, before) === 'reached';
  }

  #passed(progress: Progress, want: Want): boolean {
    if (want.passed.has(progress)) return true;
    if (want.position === undefined) return false;
    if (this.driver.compare(progress.position, this.today(want.position)) !== 'reached') return false;
    want.passed.add(progress);
    return true;
  }

  #more(): void {
    for (const listener of this.#listeners) listener();
  }
}

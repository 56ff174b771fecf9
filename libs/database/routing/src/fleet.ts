import { OptionsError, type ManagedReport, type PingResult } from '@nest-pooling/core';
import {
  DEFAULT_START_TIMEOUT_MS,
  subscribeNodes,
  tuneNodes,
  untilOneAnswers,
  type SqlNode,
} from '@nest-pooling/sql';
import type { Leadership } from './leadership.js';
import type { Monitor } from './monitor.js';
import type { RouterOptions } from './options.js';
import type { RouterNode } from './router-node.js';

/** All nodes of a router, for what is done to each of them alike. */
export class Fleet {
  constructor(
    private readonly name: string,
    readonly nodes: readonly RouterNode[],
    private readonly leadership: Leadership,
    private readonly monitor: Monitor,
  ) {}

  get #sql(): readonly SqlNode[] {
    return this.nodes.map((node) => node.sql);
  }

  /** The node of that name. Throws an OptionsError. */
  node(id: string): RouterNode {
    const found = this.nodes.find((node) => node.id === id);
    if (found !== undefined) return found;
    const ids = this.nodes.map((node) => node.id).join(', ');
    throw new OptionsError(`the router '${this.name}'`, [`node: there is no '${id}', only ${ids}`]);
  }

  /** Takes a node out of rotation; returns the function that puts it back. */
  takeOut(id: string, reason: string): () => void {
    const { health } = this.node(id);
    health.hold('maintenance', reason);
    return () => health.putBack();
  }

  async start(options: Pick<RouterOptions, 'required' | 'startTimeoutMs'>): Promise<void> {
    const { required = true, startTimeoutMs = DEFAULT_START_TIMEOUT_MS } = options;
    await untilOneAnswers(this.name, this.#sql, required, startTimeoutMs);
    // Whoever is the primary is known before the first write.
    await this.monitor.start();
  }

  async drain(deadlineMs: number | undefined): Promise<void> {
    await Promise.all(this.#sql.map((sql) => sql.drain(deadlineMs)));
    this.#end();
  }

  async close(): Promise<void> {
    this.#end();
    await Promise.all(this.#sql.map((sql) => sql.close()));
  }

  suspend(): void {
    for (const sql of this.#sql) sql.hold(true);
  }

  resume(): void {
    for (const sql of this.#sql) sql.hold(false);
  }

  evict(reason: string): void {
    for (const sql of this.#sql) sql.evict(reason);
  }

  resize(sizes: object): void {
    tuneNodes(this.name, this.#sql, sizes);
  }

  subscribe(sink: object): () => void {
    return subscribeNodes(this.#sql, sink);
  }

  async ping(timeoutMs: number): Promise<Readonly<Record<string, PingResult>>> {
    const answers = this.nodes.map(async (node) => {
      const answer = await node.sql.prober.ping(timeoutMs);
      return [node.id, { ...answer, takesWrites: node.takesWrites }] as const;
    });
    return Object.fromEntries(await Promise.all(answers));
  }

  report(kind: string): ManagedReport {
    const nodes = Object.fromEntries(this.nodes.map((node) => [node.id, node.managedReport()]));
    const { primary } = this.leadership;
    const { status } = (primary ?? this.nodes[0]!).sql.pool;
    // Without its primary a router reads, but it cannot do what it is there for.
    const serving = primary?.admits === true && (status === 'active' || status === 'starting');
    return { name: this.name, kind, status, serving, nodes };
  }

  #end(): void {
    this.monitor.stop();
    this.leadership.gate.end();
  }
}

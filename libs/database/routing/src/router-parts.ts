import { channel } from 'node:diagnostics_channel';
import {
  createStrategy,
  LatencyOutliers,
  type NodeHealthChange,
  type StrategyChoice,
} from '@nest-pooling/balancing';
import { Listeners, OptionsError, type Env } from '@nest-pooling/core';
import type { SqlPool } from '@nest-pooling/sql';
import { Fleet } from './fleet.js';
import { Leadership } from './leadership.js';
import { Lending } from './lending.js';
import { Monitor } from './monitor.js';
import type { ReplicaOptions, RouterOptions } from './options.js';
import { NameWatch } from './name-watch.js';
import { readParts, type ReadParts } from './read-parts.js';
import { Reader } from './reader.js';
import type { RouterEvents } from './router-events.js';
import { routerNode, type RouterNode } from './router-node.js';
import { Selector } from './selector.js';
import { Writer } from './writer.js';

const everybody = channel('nest-pooling.routing');
const FAILOVER_WAIT_MS = 5_000;
const MAX_FAILOVER_WAITERS = 1_000;
/** How long a removed node may take to end what runs there. */
const REMOVE_MS = 10_000;

/** What a router is made of, put together: nodes that are probed, who leads them, who chooses among them, who reads and writes. */
export class RouterParts {
  readonly listeners = new Listeners<RouterEvents>();
  readonly leadership: Leadership;
  readonly selector: Selector;
  readonly reads: ReadParts;
  readonly writer: Writer;
  readonly reader: Reader;
  readonly lending: Lending;
  readonly fleet: Fleet;
  /** The primary of the configuration comes first. The same list everywhere: nodes come and go. */
  readonly #nodes: RouterNode[] = [];
  readonly #monitor: Monitor;
  readonly #outliers: LatencyOutliers | undefined;

  constructor(
    owner: SqlPool,
    private readonly options: RouterOptions,
    private readonly env: Env,
  ) {
    const { name, routing = {} } = options;
    const { strategy = 'least-loaded', fallbackToPrimary = true, slowNodes } = routing;
    const { failoverWaitMs = FAILOVER_WAIT_MS, maxFailoverWaiters = MAX_FAILOVER_WAITERS } = routing;
    const nodes = this.#nodes;
    this.#outliers = slowNodes === false ? undefined : new LatencyOutliers(slowNodes, env);
    nodes.push(this.#node({ target: options.primary }, 'primary'));
    for (const replica of options.replicas) nodes.push(this.#node(replica, 'replica'));
    const leadership = new Leadership(nodes, nodes[0]!, { failoverWaitMs, maxFailoverWaiters }, env, {
      changed: () => this.selector.refresh(),
      tell: (event, facts) => this.#tell(event, facts),
      ask: (node) => this.#monitor.ask(node),
    });
    this.leadership = leadership;
    this.#monitor = new Monitor(nodes, routing.probe, env, {
      answered: (node, result) => {
        leadership.answered(node, result);
        node.names?.look();
        this.#outliers?.sweep();
      },
      missed: (node) => {
        leadership.missed(node);
        node.names?.look();
      },
    });
    const make = (choice: StrategyChoice): ReturnType<typeof createStrategy> => this.#strategy(choice);
    const selector = new Selector(nodes, leadership, strategy, fallbackToPrimary, make);
    this.selector = selector;
    this.reads = readParts(options, selector, env);
    const { consistency } = this.reads;
    this.writer = new Writer(name, leadership, env, (told) => consistency.wrote(told));
    this.reader = new Reader(name, { ...this.reads, selector, writer: this.writer }, env);
    this.lending = new Lending(owner, this.reader, this.writer, consistency);
    this.fleet = new Fleet(name, nodes, leadership, this.#monitor);
    for (const node of nodes) this.#wire(node);
  }

  async addReplica(replica: ReplicaOptions): Promise<void> {
    const { id } = replica.target;
    if (this.#nodes.some((node) => node.id === id)) {
      throw new OptionsError(`the router '${this.options.name}'`, [
        `target.id: there is a node '${id}' already`,
      ]);
    }
    const node = this.#node(replica, 'replica');
    this.#wire(node);
    // It has to show first that it is there.
    if (this.#monitor.running) node.health.probed(false);
    this.#nodes.push(node);
    this.leadership.topology.add(node);
    // Sessions that cannot be opened yet are opened later.
    if (this.#monitor.running) void node.sql.start().catch(() => {});
    await this.#monitor.add(node);
    if (node.seen !== undefined) node.health.readmit();
    this.selector.refresh();
  }

  async removeNode(id: string, deadlineMs = REMOVE_MS): Promise<void> {
    const node = this.fleet.node(id);
    if (node === this.leadership.primary) {
      const problem = `node: ${id} is the primary; promote another one first`;
      throw new OptionsError(`the router '${this.options.name}'`, [problem]);
    }
    this.#nodes.splice(this.#nodes.indexOf(node), 1);
    this.leadership.topology.remove(node);
    this.#monitor.remove(node);
    node.latency?.end();
    this.selector.forget(node);
    this.selector.refresh();
    await node.sql.drain(deadlineMs);
  }

  /** Lets go of every read that waits. */
  endReads(): void {
    this.reads.consistency.close();
    this.reads.fallback.guard.end();
  }

  #node({ target, ...share }: ReplicaOptions, configured: 'primary' | 'replica'): RouterNode {
    const opening: Leadership['opening'] = (node) => this.leadership.opening(node);
    const node = routerNode(this.options, target, configured, share, this.env, opening);
    node.names = new NameWatch(this.options.driver, target, this.env, (from, to) => {
      node.sql.evict(`the name of ${node.id} stands for ${to} now, no longer for ${from}`);
      void this.leadership.doubt(node);
    });
    if (configured === 'replica') node.latency = this.#outliers?.watch(node.health);
    node.health.onChange((change) => this.#changed(node, change));
    return node;
  }

  /** Tells what is probed there to those who make something of it. */
  #wire(node: RouterNode): void {
    node.roles = this.leadership.topology;
    node.positions = this.reads.consistency.book;
  }

  #strategy(choice: StrategyChoice): ReturnType<typeof createStrategy> {
    const zone = this.options.routing?.zone;
    return createStrategy(choice, this.env.random, {
      ...(zone === undefined ? {} : { affinity: { zone } }),
      onMisuse: (message) => this.env.log?.('warn', this.options.name, message),
    });
  }

  #tell<Name extends keyof RouterEvents>(event: Name, facts: RouterEvents[Name]): void {
    this.listeners.emit(event, facts);
    if (everybody.hasSubscribers) everybody.publish({ pool: this.options.name, event, ...facts });
  }

  #changed(node: RouterNode, { from, to, reason }: NodeHealthChange): void {
    this.selector.refresh();
    this.#tell('rotation', { node: node.id, state: to, reason });
    if (to === 'ejected') node.sql.abandonReads(`${node.id} is out of rotation`);
    // Without a slow start it is back at once.
    const returned = to === 'returning' || (to === 'in' && from !== 'returning');
    if (!returned) return;
    this.selector.forget(node);
    node.renew();
  }
}

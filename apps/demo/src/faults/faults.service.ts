import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { ServicesError, type NodeRole, type PostgresNode } from '@nest-pooling/services';
import { Servers } from '../servers/servers.js';
import { Promotion } from './promotion.js';

/** What can be done to a replica. */
export const REPLICA_ACTIONS = ['kill', 'restart', 'freeze', 'thaw', 'promote'] as const;
/** What can be done to the server that was the primary at first. */
export const PRIMARY_ACTIONS = ['kill', 'restart', 'promote'] as const;
/** What can be done to the pricing service. */
export const PRICING_ACTIONS = ['down', 'up'] as const;

/** An action on a Postgres server. */
export type NodeAction = (typeof REPLICA_ACTIONS)[number];
/** An action on the pricing service. */
export type PricingAction = (typeof PRICING_ACTIONS)[number];

/** A Postgres server of the demo. */
export interface NodeState {
  /** Its name, which stays when its role changes. */
  readonly node: string;
  /** What it is meant to be now, whatever its name. */
  readonly role: NodeRole;
  readonly state: string;
  readonly url: string;
}

/** The pricing service. */
export interface PricingState {
  readonly node: 'pricing';
  readonly state: string;
  readonly url: string;
  /** Calls that have reached it. */
  readonly calls: number;
}

/** Breaks the demo's own servers, and mends them. */
@Injectable()
export class FaultsService {
  #last: Promise<unknown> = Promise.resolve();
  readonly #promotion = new Promotion();

  constructor(private readonly servers: Servers) {}

  /** All servers and their states. */
  states(): { nodes: readonly NodeState[]; pricing: PricingState } {
    const nodes = this.servers.cluster.nodes.map((node) => this.#stateOf(node));
    return { nodes, pricing: this.#pricing() };
  }

  /** The server `replica-n`, whatever its role is now. */
  replica(n: number): PostgresNode {
    // The first one is called primary.
    const { length } = this.servers.cluster.nodes.slice(1);
    const node = n === 0 ? undefined : this.servers.cluster.nodes[n];
    if (node !== undefined) return node;
    throw new NotFoundException(`There is no replica ${n}; there are ${length}, counted from 1.`);
  }

  /** The server `primary`, whatever its role is now. */
  primary(): PostgresNode {
    return this.servers.cluster.node('primary');
  }

  /** Does it, after what is under way; resolves when it is done. */
  async act(node: PostgresNode, action: NodeAction): Promise<NodeState> {
    const done = this.#last.then(() => this.#do(node, action));
    this.#last = done.catch(() => undefined);
    try {
      await done;
    } catch (error) {
      if (!(error instanceof ServicesError) || error.code !== 'SERVICES_STATE') throw error;
      throw new ConflictException(error.message);
    }
    return this.#stateOf(node);
  }

  /** Takes the pricing service down or up. */
  actOnPricing(action: PricingAction): PricingState {
    this.servers.pricing[action]();
    return this.#pricing();
  }

  #pricing(): PricingState {
    const { state, url, calls } = this.servers.pricing;
    return { node: 'pricing', state, url, calls };
  }

  #do(node: PostgresNode, action: NodeAction): Promise<void> {
    const { cluster } = this.servers;
    if (action === 'promote') return this.#promotion.promote(cluster, node);
    if (action === 'restart') return this.#promotion.restart(node);
    return node[action]();
  }

  #stateOf(node: PostgresNode): NodeState {
    const role = node === this.servers.cluster.primary ? 'primary' : 'replica';
    return { node: node.name, role, state: node.state, url: node.url };
  }
}

import type { Env } from '@nest-pooling/core';
import type { Lane, ProbeResult, ServerIdentity } from '@nest-pooling/sql';
import { FailoverGate, type GateOptions } from './failover-gate.js';
import type { ProbeListener } from './monitor.js';
import type { RouterEvents } from './router-events.js';
import type { RouterNode } from './router-node.js';
import { Topology } from './topology.js';
import type { Exclusion, TopologyListener } from './topology-node.js';

/** What leadership tells those who route. */
export interface LeadershipListener {
  /** Which nodes may serve what has changed. */
  changed(): void;
  /** Something happened. */
  tell<Name extends keyof RouterEvents>(name: Name, event: RouterEvents[Name]): void;
  /** What was believed may be out of date: asks all servers; settles when this one was asked. */
  ask(node: RouterNode): Promise<void>;
}

/**
 * Who may be written to, and what that means for the sessions: those of a node that has become something else end, an old primary is
 * cut off in the moment when another is seen, and the gate is open while there is a primary that answers.
 */
export class Leadership implements ProbeListener, TopologyListener<RouterNode> {
  readonly topology: Topology<RouterNode>;
  readonly gate: FailoverGate;

  constructor(
    nodes: readonly RouterNode[],
    configured: RouterNode,
    options: GateOptions,
    env: Env,
    private readonly listener: LeadershipListener,
  ) {
    this.topology = new Topology(nodes, configured, this);
    this.gate = new FailoverGate(options, env);
  }

  /** Where writes go; `undefined` while nobody knows. */
  get primary(): RouterNode | undefined {
    return this.topology.primary;
  }

  /** A session is about to be opened. What it returns hears who answered, and says why the session may not be used. */
  opening(node: RouterNode): (identity: ServerIdentity, lane: Lane) => string | undefined {
    const { changes } = this.topology;
    return (identity, lane) => this.#refusal(node, identity, lane, changes);
  }

  #refusal(node: RouterNode, identity: ServerIdentity, lane: Lane, asked: number): string | undefined {
    if (lane === 'probe') return undefined;
    this.topology.observe(node, identity, asked);
    const refusal = this.topology.refusal(node, identity, lane === 'write');
    if (refusal !== undefined) void this.listener.ask(node);
    return refusal;
  }

  /** A node did what speaks against it: everybody is asked; settles when it was asked itself. */
  doubt(node: RouterNode): Promise<void> {
    return this.listener.ask(node);
  }

  answered(node: RouterNode, result: ProbeResult): void {
    node.answered(result);
    this.refresh();
  }

  missed(node: RouterNode): void {
    this.topology.missed(node);
    node.missed();
    this.refresh();
  }

  /** Opens or closes the gate. */
  refresh(): void {
    const { primary, writable } = this.topology;
    if (!writable) this.gate.close();
    if (!writable || this.gate.open) return;
    primary!.renew();
    this.gate.reopen();
  }

  promoted(node: RouterNode, from: RouterNode | undefined, epoch: number): void {
    const what = `${node.id} has become the primary`;
    // Whatever it still acknowledges would be lost.
    from?.sql.cut(what);
    if (from !== node) from?.sql.become('read', what);
    node.sql.become('write', what);
    node.renew();
    this.#changed();
    this.listener.tell('primary', { node: node.id, from: from?.id, epoch, timeline: this.topology.timeline });
  }

  lost(node: RouterNode): void {
    const what = `${node.id} is no primary any more`;
    node.sql.cut(what);
    node.sql.become('read', what);
    this.#changed();
    this.listener.tell('primaryLost', { node: node.id });
    void this.listener.ask(node);
  }

  tied(primary: RouterNode, rival: RouterNode): void {
    this.#changed();
    this.listener.tell('alarm', { node: rival.id, why: 'two-primaries', with: primary.id });
  }

  tieEnded(): void {
    this.#changed();
  }

  overtaken(node: RouterNode): void {
    void this.listener.ask(node);
  }

  excluded(node: RouterNode, why: Exclusion): void {
    node.exclusion = why;
    node.sql.cut(`${node.id} was excluded: ${why}`);
    this.#changed();
    this.listener.tell('alarm', { node: node.id, why, with: this.primary?.id });
  }

  included(node: RouterNode): void {
    node.exclusion = undefined;
    node.renew();
    this.#changed();
  }

  #changed(): void {
    this.refresh();
    this.listener.changed();
  }
}

import type { ServerIdentity } from '@nest-pooling/sql';
import { refusalOf } from './topology-refusal.js';
import type { Exclusion, Member, TopologyListener, TopologyNode } from './topology-node.js';

/**
 * Which node is the primary: what the servers themselves say, not what they are called. Whoever says that it takes writes and is on the
 * highest timeline is it; each change raises the epoch. Two that say so on the same timeline are a tie: no node is written to then,
 * because each of the two would keep what the other loses. It asks nobody; it is told what probes and new sessions read.
 *
 * Servers that know no timeline (MySQL) say 0: there a second one that takes writes is believed only when the first does not answer or
 * has become a replica, and one that we have left is not believed until it was a replica in between.
 */
export class Topology<Node extends TopologyNode> {
  /** Counts changes of the primary, from 1 on. */
  epoch = 1;
  /** Counts what servers have said that they had not said before. */
  changes = 0;
  #primary: Member<Node> | undefined;
  #rival: Member<Node> | undefined;
  #timeline = 0;
  #systemId = '';
  /** The system is that of the primary, not of whoever happened to answer first. */
  #systemIsSure = false;
  readonly #members = new Map<Node, Member<Node>>();

  constructor(
    nodes: readonly Node[],
    /** Believed until somebody says otherwise: it may be down when we start. */
    configured: Node,
    private readonly listener: TopologyListener<Node>,
  ) {
    for (const node of nodes) this.add(node);
    this.#primary = this.#members.get(configured);
  }

  /** Where writes go; `undefined` when the one that was it says that it is a replica, and no other says that it is it. */
  get primary(): Node | undefined {
    return this.#primary?.node;
  }

  /** The highest history that was seen; 0 before any, and where servers have none. */
  get timeline(): number {
    return this.#timeline;
  }

  /** What all nodes have in common; empty when it is not known. */
  get systemId(): string {
    return this.#systemId;
  }

  /** The other node that claims to be it, on the same timeline. */
  get rival(): Node | undefined {
    return this.#rival?.node;
  }

  /** Whether there is a primary, the only one, that answered when it was asked last. */
  get writable(): boolean {
    return this.#primary?.answers === true && this.#rival === undefined;
  }

  /** Why a node may not be used at all. */
  exclusion(node: Node): Exclusion | undefined {
    return this.#members.get(node)?.exclusion;
  }

  /** A new node. */
  add(node: Node): void {
    const fresh = { role: 'unknown' as const, timeline: 0, changed: 0, answers: true, succeeded: false };
    this.#members.set(node, { node, ...fresh, exclusion: undefined });
  }

  /** A node is gone for good. */
  remove(node: Node): void {
    const member = this.#members.get(node);
    if (member === undefined) return;
    this.#members.delete(node);
    if (member === this.#rival) this.#endTie();
    if (member === this.#primary) this.#lose(member);
  }

  /**
   * A server said who it is, asked when {@link Topology.changes} was `asked`. What answers behind a proxy may be another server the next
   * time.
   */
  observe(node: Node, identity: ServerIdentity, asked = this.changes): void {
    const member = this.#members.get(node);
    if (member === undefined) return;
    member.answers = true;
    if (node.proxied || identity.role === 'unknown') return;
    if (!this.#isOurs(member, identity)) return;
    const isNew = identity.role !== member.role || identity.timeline !== member.timeline;
    // What was asked before its last change may have been answered before that, too, and come late: over another connection.
    const mayBeOld = asked < member.changed && identity.timeline <= member.timeline;
    if (isNew && mayBeOld) return this.listener.overtaken(node);
    if (isNew) member.changed = ++this.changes;
    member.role = identity.role;
    member.timeline = identity.timeline;
    if (identity.role === 'replica') this.#isReplica(member);
    else if (member === this.#primary) this.#confirm(member);
    else this.#claim(member);
  }

  /** A node does not answer. */
  missed(node: Node): void {
    const member = this.#members.get(node);
    if (member === undefined) return;
    member.answers = false;
    if (member === this.#rival) this.#endTie();
  }

  /** Why a new session may not be used; `undefined` when it may. */
  refusal(node: Node, identity: ServerIdentity, writes: boolean): string | undefined {
    if (node.proxied) return undefined;
    const isPrimary = node === this.#primary?.node;
    return refusalOf(identity, { systemId: this.#systemId, timeline: this.#timeline, isPrimary }, writes);
  }

  /** Whether it belongs to the cluster of the others; what does not is of no use. */
  #isOurs(member: Member<Node>, { systemId }: ServerIdentity): boolean {
    if (systemId === '') return true;
    const isPrimary = member === this.#primary;
    if (this.#systemId === '' || (isPrimary && !this.#systemIsSure)) {
      this.#systemId = systemId;
      this.#systemIsSure = isPrimary;
    }
    if (systemId === this.#systemId) {
      if (isPrimary) this.#systemIsSure = true;
      if (member.exclusion === 'another-cluster') this.#include(member);
      return true;
    }
    this.#exclude(member, 'another-cluster');
    if (isPrimary) this.#lose(member);
    return false;
  }

  #isReplica(member: Member<Node>): void {
    member.succeeded = false;
    if (member.exclusion === 'old-primary') this.#include(member);
    if (member === this.#rival) this.#endTie();
    if (member === this.#primary) this.#lose(member);
  }

  /** The primary says that it is. */
  #confirm(member: Member<Node>): void {
    if (member.timeline < this.#timeline) {
      this.#exclude(member, 'old-primary');
      this.#lose(member);
      return;
    }
    const renewed = this.#timeline > 0 && member.timeline > this.#timeline;
    this.#timeline = member.timeline;
    if (!renewed) return;
    // Another server at the same address, or this one after a recovery: what was opened before belongs to the past.
    this.epoch++;
    this.#endTie();
    this.listener.promoted(member.node, member.node, this.epoch);
  }

  /** A node that is not the primary says that it takes writes. */
  #claim(member: Member<Node>): void {
    const primary = this.#primary;
    if (member.timeline > this.#timeline) this.#promote(member);
    else if (member.timeline < this.#timeline || member.succeeded) this.#exclude(member, 'old-primary');
    else if (primary === undefined) this.#promote(member);
    else if (member.timeline === 0 && !(primary.answers && primary.role === 'primary')) this.#promote(member);
    else this.#tie(member);
  }

  #promote(member: Member<Node>): void {
    const before = this.#primary;
    if (before !== undefined) before.succeeded = true;
    this.#timeline = Math.max(this.#timeline, member.timeline);
    this.#primary = member;
    this.#rival = undefined;
    member.succeeded = false;
    if (member.exclusion !== undefined) this.#include(member);
    this.epoch++;
    this.listener.promoted(member.node, before?.node, this.epoch);
    // One that still takes writes is fenced now, not when it is asked next.
    if (before?.role === 'primary') this.#exclude(before, 'old-primary');
  }

  #tie(rival: Member<Node>): void {
    if (this.#rival === rival) return;
    this.#rival = rival;
    this.listener.tied(this.#primary!.node, rival.node);
  }

  #endTie(): void {
    if (this.#rival === undefined) return;
    this.#rival = undefined;
    this.listener.tieEnded();
  }

  /** There is no primary until somebody claims to be it. */
  #lose(member: Member<Node>): void {
    this.#primary = undefined;
    this.#rival = undefined;
    this.listener.lost(member.node);
  }

  #exclude(member: Member<Node>, exclusion: Exclusion): void {
    if (member.exclusion === exclusion) return;
    member.exclusion = exclusion;
    if (member === this.#rival) this.#endTie();
    this.listener.excluded(member.node, exclusion);
  }

  #include(member: Member<Node>): void {
    member.exclusion = undefined;
    this.listener.included(member.node);
  }
}

import type { ServerIdentity } from '@nest-pooling/sql';

/** What a {@link Topology} must know of a node. */
export interface TopologyNode {
  readonly id: string;
  /** A proxy answers there: nothing that it says is about one server. */
  readonly proxied: boolean;
}

/**
 * Why a node is not used at all.
 *
 * - `old-primary`: it takes writes though another node has become the primary; what it was given would be lost
 * - `another-cluster`: it holds the data of somebody else
 */
export type Exclusion = 'old-primary' | 'another-cluster';

/** What that means, in words. */
export const EXCLUSIONS: Readonly<Record<Exclusion, string>> = {
  'old-primary': 'it takes writes, but another node has become the primary',
  'another-cluster': 'it belongs to another cluster',
};

/** What is known of one node. */
export interface Member<Node> {
  readonly node: Node;
  role: ServerIdentity['role'];
  timeline: number;
  /** The count of changes when what it says changed last. */
  changed: number;
  /** Its last probe was answered. */
  answers: boolean;
  /** It was the primary, and another took its place; until it says that it is a replica. */
  succeeded: boolean;
  exclusion: Exclusion | undefined;
}

/** Hears what changes. */
export interface TopologyListener<Node> {
  /** Writes go to `node` from now on; `from` is where they went, the same node if another server answers there. */
  promoted(node: Node, from: Node | undefined, epoch: number): void;
  /** The primary is none any more, and nobody else is it yet. */
  lost(node: Node): void;
  /** Two nodes claim to be the primary, and nothing says which one is: no writes until one of them gives in. */
  tied(primary: Node, rival: Node): void;
  tieEnded(): void;
  /** An answer was overtaken by one that contradicts it: nobody knows which one is true now, and the node is to be asked again. */
  overtaken(node: Node): void;
  excluded(node: Node, why: Exclusion): void;
  included(node: Node): void;
}

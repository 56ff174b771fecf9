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

/** Hears what changes. */
export interface TopologyListener<Node> {
  /** Writes go to `node` from now on; `from` is where they went, the same node if another server answers there. */
  promoted(node: Node, from: Node | undefined, epoch: number): void;
  /** The primary is none any more, and nobody else is it yet. */
  lost(node: Node): void;
  /** Two nodes claim to be the primary, and nothing says which one is: no writes until one of them gives in. */
  tied(primary: Node, rival: Node): void;
  tieEnded(): void;
  excluded(node: Node, why: Exclusion): void;
  included(node: Node): void;
}

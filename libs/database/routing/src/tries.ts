import type { RouterNode } from './router-node.js';

/** How it was tried on one node. */
interface Try {
  /** The node's turn then. */
  readonly turn: number;
  /** Why it failed; `undefined` where that is not known. */
  readonly error: unknown;
  /** Nothing failed: the read was taken away since the node had left the rotation. */
  takenAway: boolean;
}

/** The nodes that a read has failed on. One that has come back since then, or has become the primary, counts as new: it may serve it now. */
export class Tries {
  /** The last one on each node, in their order. */
  readonly #tries = new Map<RouterNode, Try>();

  constructor(before: readonly RouterNode[]) {
    for (const node of before) this.add(node, undefined, false);
  }

  /** Those that are still what they were. */
  get nodes(): readonly RouterNode[] {
    return [...this.#tries].filter(([node, { turn }]) => node.turn === turn).map(([node]) => node);
  }

  /** Why each of them failed last, by its id; also those that count as new by now. */
  get failures(): ReadonlyMap<string, unknown> {
    return new Map([...this.#tries].map(([{ id }, { error }]) => [id, error]));
  }

  /** It has failed there, or was taken away from there. */
  add(node: RouterNode, error: unknown, takenAway: boolean): void {
    this.#tries.delete(node);
    this.#tries.set(node, { turn: node.turn, error, takenAway });
  }

  /** One that it was taken away from and that answers its probes: to be tried again where there is nobody else. */
  again(may: (node: RouterNode) => boolean): RouterNode | undefined {
    for (const [node, one] of this.#tries) {
      if (!one.takenAway || !(node.admits || node.suspect) || !may(node)) continue;
      one.takenAway = false;
      return node;
    }
    return undefined;
  }
}

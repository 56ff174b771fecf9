import type { RouterNode } from './router-node.js';

/** The nodes that a read has failed on. One that has come back since then, or has become the primary, counts as new: it may serve it now. */
export class Tries {
  /** Why each of them failed last, also those that count as new by now. */
  readonly failures = new Map<string, unknown>();
  #nodes: readonly RouterNode[];
  /** Which turn of its node each one was. */
  #turns: readonly number[];
  /** Those where nothing failed, but the read was taken away since the node had left the rotation. */
  readonly #left = new Set<RouterNode>();

  constructor(before: readonly RouterNode[]) {
    this.#nodes = before;
    this.#turns = before.map(({ turn }) => turn);
    for (const { id } of before) this.failures.set(id, undefined);
  }

  /** Those that are still what they were. */
  get nodes(): readonly RouterNode[] {
    const isSame = (node: RouterNode, at: number): boolean => node.turn === this.#turns[at];
    if (this.#nodes.every(isSame)) return this.#nodes;
    this.#nodes = this.#nodes.filter(isSame);
    this.#turns = this.#nodes.map(({ turn }) => turn);
    return this.#nodes;
  }

  /** It has failed there, or was taken away from there. */
  add(node: RouterNode, error: unknown, takenAway: boolean): void {
    if (takenAway) this.#left.add(node);
    else this.#left.delete(node);
    this.#nodes = [...this.nodes, node];
    this.#turns = this.#nodes.map(({ turn }) => turn);
    this.failures.delete(node.id);
    this.failures.set(node.id, error);
  }

  /** One that it was taken away from and that answers its probes: to be tried again where there is nobody else. */
  again(may: (node: RouterNode) => boolean): RouterNode | undefined {
    for (const node of this.#left) {
      if (!(node.admits || node.suspect) || !may(node)) continue;
      this.#left.delete(node);
      return node;
    }
    return undefined;
  }
}

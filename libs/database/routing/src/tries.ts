import type { RouterNode } from './router-node.js';

/** The nodes that a read has failed on. One that has come back since then, or has become the primary, counts as new: it may serve it now. */
export class Tries {
  /** Why each of them failed last, also those that count as new by now. */
  readonly failures = new Map<string, unknown>();
  #nodes: readonly RouterNode[];
  /** Which turn of its node each one was. */
  #turns: readonly number[];

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

  /** It has failed there. */
  add(node: RouterNode, error: unknown): void {
    this.#nodes = [...this.nodes, node];
    this.#turns = this.#nodes.map(({ turn }) => turn);
    this.failures.delete(node.id);
    this.failures.set(node.id, error);
  }
}

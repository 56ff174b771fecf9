import type { Candidate } from './strategy.js';

/** How many nodes are remembered at least, present or not: more than any list of replicas, little enough to search. */
const MEMORY = 64;

/** What a strategy remembers of a node. */
export interface Remembered {
  readonly id: string;
  /** Number of the list that it was last seen in. */
  seen: number;
}

/**
 * What a strategy remembers of nodes: by id and not by object, so that callers may make their candidates anew. Bounded: the
 * longest unseen makes room. It allocates only for a node that it does not know.
 */
export class NodeMemory<E extends Remembered> {
  /** The entries of the list of the last pick, in its order. */
  readonly list: E[] = [];
  readonly #known = new Map<string, E>();
  #lists = 0;

  constructor(private readonly make: (id: string) => E) {}

  /** How many nodes are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** Makes {@link list} the entries of `candidates`. @returns whether they were that already */
  enter(candidates: readonly Candidate[]): boolean {
    const { list } = this;
    const count = candidates.length;
    let same = list.length === count;
    for (let i = 0; same && i < count; i++) same = list[i]!.id === candidates[i]!.id;
    if (same) return true;
    list.length = count;
    this.#lists++;
    for (let i = 0; i < count; i++) list[i] = this.of(candidates[i]!.id);
    return false;
  }

  /** The entry of a node. */
  of(id: string): E {
    const entry = this.#known.get(id) ?? this.#add(id);
    entry.seen = this.#lists;
    return entry;
  }

  #add(id: string): E {
    if (this.#known.size >= Math.max(MEMORY, 2 * this.list.length)) {
      let oldest: E | undefined;
      for (const entry of this.#known.values()) {
        if (oldest === undefined || entry.seen < oldest.seen) oldest = entry;
      }
      if (oldest !== undefined) this.#known.delete(oldest.id);
    }
    const entry = this.make(id);
    this.#known.set(id, entry);
    return entry;
  }
}

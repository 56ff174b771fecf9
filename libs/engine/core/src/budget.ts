/**
 * A limit shared by several owners, for instance all pools of one database server. A permit is taken before
 * a resource is created and given back when the server has let go of it.
 */
export interface Budget {
  /** Takes one permit for `owner`; `false` when none is left for it. */
  tryTake(owner: object): boolean;
  /** Gives one permit of `owner` back. */
  give(owner: object): void;
  /** Tells how many more permits `owner` would like to have, so that shares can be made fair. */
  wanted(owner: object, n: number): void;
  /** Calls `fn` whenever a permit may have become free; returns the function that ends it. */
  onFree(fn: () => void): () => void;
}

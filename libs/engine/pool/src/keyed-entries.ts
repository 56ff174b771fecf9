import type { Pool } from './pool.js';

/** The open pool of a key. Its links are part of it, so that being used costs a few writes. */
export class KeyedEntry<K, T> {
  newer: KeyedEntry<K, T> | undefined = undefined;
  older: KeyedEntry<K, T> | undefined = undefined;
  /** When it was last seen in use, in ticks. */
  tick = 0;

  constructor(
    readonly key: K,
    readonly pool: Pool<T>,
  ) {}
}

/**
 * The open pools, by key and by when they were used last. A pool that has leases out or callers that wait is
 * used now, whenever it was asked for.
 */
export class KeyedEntries<K, T> {
  /** The time, as far as it matters here. */
  tick = 0;
  readonly #byKey = new Map<K, KeyedEntry<K, T>>();
  #newest: KeyedEntry<K, T> | undefined = undefined;
  #oldest: KeyedEntry<K, T> | undefined = undefined;

  get size(): number {
    return this.#byKey.size;
  }

  get(key: K): KeyedEntry<K, T> | undefined {
    return this.#byKey.get(key);
  }

  add(entry: KeyedEntry<K, T>): void {
    entry.tick = this.tick;
    this.#byKey.set(entry.key, entry);
    this.#link(entry);
  }

  remove(entry: KeyedEntry<K, T>): void {
    this.#byKey.delete(entry.key);
    this.#unlink(entry);
  }

  /** It is used now. */
  touch(entry: KeyedEntry<K, T>): void {
    entry.tick = this.tick;
    if (this.#newest === entry) return;
    this.#unlink(entry);
    this.#link(entry);
  }

  /** The least recently used one that nobody uses. */
  unused(): KeyedEntry<K, T> | undefined {
    for (let left = this.size; left > 0; left--) {
      const entry = this.#oldest!;
      if (entry.pool.load === 0) return entry;
      this.touch(entry);
    }
    return undefined;
  }

  /** Those that nobody has used for more than so many ticks. */
  unusedFor(ticks: number): KeyedEntry<K, T>[] {
    for (const entry of this.newestFirst().toReversed()) if (entry.pool.load > 0) this.touch(entry);
    const found: KeyedEntry<K, T>[] = [];
    for (let at = this.#oldest; at !== undefined && this.tick - at.tick > ticks; at = at.newer)
      found.push(at);
    return found;
  }

  newestFirst(): KeyedEntry<K, T>[] {
    const found: KeyedEntry<K, T>[] = [];
    for (let at = this.#newest; at !== undefined; at = at.older) found.push(at);
    return found;
  }

  #link(entry: KeyedEntry<K, T>): void {
    entry.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: KeyedEntry<K, T>): void {
    const { newer, older } = entry;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    entry.newer = undefined;
    entry.older = undefined;
  }
}

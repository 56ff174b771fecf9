/**
 * What every queue of callers does at least: it keeps the function that ends a caller's wait, first in, first
 * out. The limit that queues are held against; too bare to be used: nobody who waits can leave it.
 */
export class ResolverRing<T> {
  readonly #waiting: (((resource: T) => void) | undefined)[];
  readonly #mask: number;
  #head = 0;
  #tail = 0;

  /** `capacity` callers may wait, a power of two. */
  constructor(
    capacity: number,
    private readonly idle: T[],
  ) {
    if (capacity < 1 || (capacity & (capacity - 1)) !== 0) {
      throw new RangeError(`capacity: must be a power of two (got ${capacity})`);
    }
    this.#waiting = Array.from({ length: capacity });
    this.#mask = capacity - 1;
  }

  take(): Promise<T> {
    if (this.idle.length > 0) return Promise.resolve(this.idle.pop()!);
    return new Promise((resolve) => {
      if (this.#tail - this.#head > this.#mask) throw new RangeError('The ring is full');
      this.#waiting[this.#tail++ & this.#mask] = resolve;
    });
  }

  give(resource: T): void {
    if (this.#head === this.#tail) {
      this.idle.push(resource);
      return;
    }
    const at = this.#head++ & this.#mask;
    const resolve = this.#waiting[at]!;
    this.#waiting[at] = undefined;
    resolve(resource);
  }
}

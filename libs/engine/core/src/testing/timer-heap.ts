/** A pending timer of a {@link TimerHeap}. */
export interface TimerEntry {
  /** The moment at which it is due. */
  readonly at: number;
  /** Decides among those that are due at the same moment. */
  readonly order: number;
  readonly fn: () => void;
  /** Its place in the heap; -1 when it is not in it. */
  place: number;
}

/** Timers, the first of which is at hand: a simulation has many, and asks for the first all the time. */
export class TimerHeap {
  readonly #heap: TimerEntry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The one that is due first. */
  get first(): TimerEntry | undefined {
    return this.#heap[0];
  }

  add(entry: TimerEntry): void {
    this.#heap.push(entry);
    this.#up(entry, this.#heap.length - 1);
  }

  /** Takes one out, wherever it is; harmless when it is not in it. */
  remove(entry: TimerEntry): void {
    const { place } = entry;
    if (place < 0) return;
    entry.place = -1;
    const last = this.#heap.pop()!;
    if (last === entry) return;
    if (place > 0 && before(last, this.#heap[(place - 1) >> 1]!)) this.#up(last, place);
    else this.#down(last, place);
  }

  #up(entry: TimerEntry, from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = heap[(at - 1) >> 1]!;
      if (!before(entry, parent)) break;
      this.#put(parent, at);
      at = (at - 1) >> 1;
    }
    this.#put(entry, at);
  }

  #down(entry: TimerEntry, from: number): void {
    const heap = this.#heap;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, entry)) break;
      this.#put(heap[child]!, at);
      at = child;
    }
    this.#put(entry, at);
  }

  #put(entry: TimerEntry, at: number): void {
    this.#heap[at] = entry;
    entry.place = at;
  }
}

function before(a: TimerEntry, b: TimerEntry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

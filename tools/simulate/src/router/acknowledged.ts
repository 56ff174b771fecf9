import type { Write } from './ledger.js';

/** Writes that somebody was told to have happened. */
export class Acknowledged {
  readonly #byKey = new Map<string, Write[]>();

  add(write: Write): void {
    const writes = this.#byKey.get(write.key);
    if (writes === undefined) this.#byKey.set(write.key, [write]);
    else writes.push(write);
  }

  addAll(others: Acknowledged): void {
    for (const writes of others.#byKey.values()) for (const write of writes) this.add(write);
  }

  /** The last write of a key that the servers have kept and that `counts`. */
  last(key: string, counts: (write: Write) => boolean = () => true): Write | undefined {
    let last: Write | undefined;
    for (const write of this.#byKey.get(key) ?? [])
      if (!write.lost && write.order > (last?.order ?? -1) && counts(write)) last = write;
    return last;
  }
}

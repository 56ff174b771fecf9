import type { ObservedSession } from '@nest-pooling/sql/testing';

/** Sessions that were lost: by the server's doing, or because it did not answer for too long. */
export class Losses {
  #count = 0;
  /** Lost, and the client has not heard of it. */
  readonly #unheard = new Set<ObservedSession>();
  /** Until then sessions may be cut that hang now. */
  #hangUntil = -Infinity;

  /** The server has ended one. */
  add(session: ObservedSession): void {
    this.#count++;
    this.#unheard.add(session);
  }

  /** Something hangs, and is cut by then at the latest. */
  hangs(until: number): void {
    this.#hangUntil = Math.max(this.#hangUntil, until);
  }

  /** How many the clients have heard of. */
  heard(): number {
    for (const session of this.#unheard) if (session.state === 'broken') this.#unheard.delete(session);
    return this.#count - this.#unheard.size;
  }

  /** Whether one was lost since there were so many, or may be cut now. */
  since(heard: number, now: number): boolean {
    return this.#count > heard || now <= this.#hangUntil;
  }
}

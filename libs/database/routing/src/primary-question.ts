import type { PositionBook } from './position-book.js';
import type { RouterNode } from './router-node.js';

/**
 * Asks the primary where its log is: once for all that want to know at the same time, and once more for those that came while a
 * question was under way, since that one was sent too early for them.
 */
export class PrimaryQuestion {
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly primary: () => RouterNode | undefined,
    private readonly book: PositionBook,
    private readonly timeoutMs: number,
  ) {}

  /** Settles when a question that was sent after this call was answered, or was not. Never rejects. */
  ask(): Promise<void> {
    if (this.#running === undefined) return (this.#running = this.#ask());
    return (this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      return (this.#running = this.#ask());
    }));
  }

  async #ask(): Promise<void> {
    const node = this.primary();
    const moment = this.book.moment();
    try {
      // Out of rotation it would not answer.
      if (node?.health.admits !== true) return;
      const { position, role } = await node.sql.prober.position(this.timeoutMs);
      if (role !== 'replica') this.book.sampled(node, position, moment);
    } catch {
      // Its probes find out what is the matter.
    } finally {
      if (this.#next === undefined) this.#running = undefined;
    }
  }
}

import type { LentConnection } from './lent-connection.js';

/** The transactions that are open on a lent session, each inside the one before. */
export class OpenLevels {
  /** The innermost transaction that is open, or the lending itself. */
  innermost: LentConnection | undefined = undefined;
  #waiting: (() => void)[] = [];

  /** Whether that level is open, or one inside it. */
  isOpen(level: LentConnection): boolean {
    for (let at = this.innermost; at !== undefined; at = at.outer) if (at === level) return true;
    return false;
  }

  /** A level is no longer open, nor are those inside it; who waits for that looks again. */
  leave(level: LentConnection): void {
    if (!this.isOpen(level)) return;
    this.innermost = level.outer;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  }

  /** Waits for a change of the open transactions. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

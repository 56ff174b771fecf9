import { press } from './budget-pressure.js';
import type { Ledger } from './budget-ledger.js';

/**
 * Calls those who wait for permits. Always from a microtask of its own and never from within a call to the
 * budget: who gives a permit back, or is refused one, is in the middle of something.
 */
export class Rounds {
  readonly #listeners = new Set<() => void>();
  #noted = false;
  #running = false;

  constructor(private readonly ledger: () => Ledger) {}

  add(fn: () => void): () => void {
    // One of its own per call: the same function may be added twice.
    const listener = (): void => fn();
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Something changed: there may be something to get, or to give back. */
  note(): void {
    if (this.#noted || this.#running) return;
    this.#noted = true;
    void Promise.resolve().then(() => {
      this.#noted = false;
      this.#running = true;
      this.#serve();
      const ledger = this.ledger();
      const { given } = ledger;
      press(ledger);
      this.#running = false;
      if (ledger.given !== given) this.note();
    });
  }

  /** Until nobody who waits gets any more. Claims that are not repeated are forgotten and make room for others. */
  #serve(): void {
    const ledger = this.ledger();
    // Each round serves somebody or forgets somebody; a listener that only takes and gives ends here.
    for (let rounds = this.#listeners.size + 2; rounds > 0 && ledger.grantable; rounds--) {
      ledger.round++;
      const { taken, given, want } = ledger;
      // Those that are added meanwhile have their turn in the next round.
      const called = [...this.#listeners];
      for (const listener of called) this.#call(listener);
      const forgot = ledger.forget();
      // Who claims less than before makes room for others, too.
      if (!forgot && ledger.taken === taken && ledger.given === given && ledger.want >= want) return;
    }
  }

  #call(listener: () => void): void {
    // It may have been removed by one before it.
    if (!this.#listeners.has(listener)) return;
    try {
      listener();
    } catch {
      // A listener's defect is not the others'; what it waits for is forgotten.
    }
  }
}

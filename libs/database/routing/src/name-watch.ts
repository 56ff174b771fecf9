import type { Env } from '@nest-pooling/core';
import type { NodeTarget, SqlDriver } from '@nest-pooling/sql';

/** Between two questions to the resolver. What it knows is mostly kept for 5 s or longer, and every question takes a thread. */
const INTERVAL_MS = 5_000;

/**
 * Notices that the name of a node stands for other addresses than before, as when a managed database fails over: sessions that are open
 * would stay with the old server for as long as it answers.
 */
export class NameWatch {
  readonly #watches: boolean;
  #addresses: string | undefined;
  #askedAt = -Infinity;
  #asking = false;

  constructor(
    private readonly driver: SqlDriver,
    private readonly target: NodeTarget,
    private readonly env: Env,
    /** Called with what the name stood for and stands for now. */
    private readonly changed: (from: string, to: string) => void,
  ) {
    // The name of a proxy stands for whoever serves at the moment.
    this.#watches = !target.proxied && 'addresses' in driver;
  }

  /** Asks the resolver, if it was not asked lately. Costs nothing where the node has an address. */
  look(): void {
    if (!this.#watches || this.#asking) return;
    const now = this.env.scheduler.now();
    if (now - this.#askedAt < INTERVAL_MS) return;
    this.#askedAt = now;
    void this.#look();
  }

  async #look(): Promise<void> {
    this.#asking = true;
    try {
      const to = await this.driver.addresses!(this.target);
      const from = this.#addresses;
      this.#addresses = to;
      if (from !== undefined && to !== undefined && from !== to) this.changed(from, to);
    } catch {
      // A resolver that fails says nothing about where the server is.
    } finally {
      this.#asking = false;
    }
  }
}

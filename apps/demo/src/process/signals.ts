/** npm hands a Ctrl-C on to a process that the terminal has sent it to already: within this time they are one. */
const SAME_SIGNAL_MS = 500;

/** The wish that we end: Ctrl-C, `kill`, a terminal that was closed. */
export class Signals {
  /** Resolves at the first one. */
  readonly first: Promise<void>;
  #firstAt: number | undefined;

  /** Listens for as long as the process lives: without a listener a second signal would orphan the servers. */
  constructor() {
    this.first = new Promise((resolve) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(name, () => this.#received(resolve));
      }
    });
  }

  /** Whether there has been one. */
  get received(): boolean {
    return this.#firstAt !== undefined;
  }

  #received(resolve: () => void): void {
    const now = performance.now();
    if (this.#firstAt === undefined) {
      this.#firstAt = now;
      process.stdout.write('\nClosing the shop … (again: at once)\n');
      resolve();
    } else if (now - this.#firstAt > SAME_SIGNAL_MS) {
      // The servers have a watchdog of their own that ends them.
      process.exit(1);
    }
  }
}

interface Step {
  readonly what: string;
  readonly close: () => Promise<void>;
}

/** What has to be closed, in the opposite order of how it was opened. */
export class Closing {
  readonly #steps: Step[] = [];

  /** Notes something down that has just been opened. */
  add(what: string, close: () => Promise<void>): void {
    this.#steps.push({ what, close });
  }

  /** Closes everything. What fails is reported and does not keep the rest from closing. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      const { what, close } = step;
      // In order: the app closes its pools before the servers behind them go.
      // oxlint-disable-next-line no-await-in-loop
      await close().catch((error: unknown) => {
        process.stderr.write(
          `Closing ${what} failed: ${error instanceof Error ? error.message : String(error)}\n`,
        );
      });
    }
  }
}

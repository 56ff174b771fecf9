interface Waiting {
  readonly begin: () => void;
  next: Waiting | undefined;
}

/** Lets one piece of work run at a time, in the order in which it was asked for. */
export class Turns {
  #taken = false;
  #first: Waiting | undefined = undefined;
  #last: Waiting | undefined = undefined;

  /** Nobody has the turn, and nobody waits for it. */
  get free(): boolean {
    return !this.#taken;
  }

  /** Waits for the turn; `undefined` when it could be had at once. {@link end} ends it. */
  begin(): Promise<void> | undefined {
    if (!this.#taken) {
      this.#taken = true;
      return undefined;
    }
    return new Promise((begin) => {
      const waiting: Waiting = { begin, next: undefined };
      if (this.#last === undefined) this.#first = waiting;
      else this.#last.next = waiting;
      this.#last = waiting;
    });
  }

  /** Gives the turn to whoever is next. */
  end(): void {
    const next = this.#first;
    this.#taken = next !== undefined;
    if (next === undefined) return;
    this.#first = next.next;
    if (this.#first === undefined) this.#last = undefined;
    next.begin();
  }

  /** Runs `work` in its turn. */
  async take<R>(work: () => Promise<R>): Promise<R> {
    const turn = this.begin();
    if (turn !== undefined) await turn;
    try {
      return await work();
    } finally {
      this.end();
    }
  }
}

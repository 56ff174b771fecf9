interface Goal {
  readonly n: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Those who wait until so many resources exist. */
export class Goals {
  #goals: Goal[] = [];

  /** The highest goal, or `least`. */
  highest(least: number): number {
    return this.#goals.reduce((most, goal) => Math.max(most, goal.n), least);
  }

  add(n: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#goals.push({ n, resolve, reject });
    });
  }

  /** So many are there now. */
  reach(there: number): void {
    const reached = this.#goals.filter((goal) => goal.n <= there);
    if (reached.length === 0) return;
    this.#goals = this.#goals.filter((goal) => goal.n > there);
    for (const goal of reached) goal.resolve();
  }

  /** It will not happen. */
  miss(error: Error): void {
    for (const goal of this.#goals.splice(0)) goal.reject(error);
  }
}

/** Counts who overtakes: every caller takes a number when it asks, and says it when it is served. */
export class Order {
  /** Callers that were served after one who had asked later. */
  overtaken = 0;
  served = 0;
  #asked = 0;
  #latest = -1;

  ask(): number {
    return this.#asked++;
  }

  serve(number: number): void {
    this.served++;
    if (number < this.#latest) this.overtaken++;
    else this.#latest = number;
  }
}

/** How slowly the way to the server is believed to have become longer. */
const LENGTHENING = 0.001;

/** How long the way to the server and back is: the shortest that was seen. */
export class Way {
  /** In milliseconds. */
  ms = Infinity;

  /** Something that took no time on the server took so long. */
  took(ms: number): void {
    if (ms < this.ms) this.ms = ms;
    else this.ms += (ms - this.ms) * LENGTHENING;
  }
}

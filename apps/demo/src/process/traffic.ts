import type { Server } from 'node:http';

/** Counts the requests that were let in: whoever was let in must get an answer, also while the shop closes. */
export class Traffic {
  /** Requests that were let in. */
  begun = 0;
  #answered = 0;
  #cutOff = 0;

  /** Counts what `server` is asked from now on. */
  watch(server: Server): void {
    server.on('request', (_, response) => {
      this.begun++;
      response.once('close', () => {
        if (response.writableFinished) this.#answered++;
        else this.#cutOff++;
      });
    });
  }

  /** In words. The client's going away counts as cut off, too. */
  toString(): string {
    return `Requests: ${this.begun} let in, ${this.#answered} answered, ${this.#cutOff} cut off`;
  }
}

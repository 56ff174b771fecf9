import type { Env } from '@nest-pooling/core';

/** Has something that can be sent. */
export interface Sender {
  /** Sends it; called once for each time that it was given. */
  send(): void;
}

/**
 * Decides when what the connections of a pool have to send leaves. Usually at once. While others wait for a connection, many answers lie in
 * the sockets at a time: what the first of them sets free leaves at once, so that the server has something to do, and what the others do when
 * all were read, as each write wakes a thread of the server, which may take the processor from us. On a machine that a program
 * shares with its server this is a tenth of all reads.
 */
export class CrowdWriter {
  /** What is held in this turn of the event loop; `undefined` when nothing was sent in it. */
  #held: Sender[] | undefined;

  constructor(
    private readonly env: Env,
    /** Whether others wait for a connection. */
    private readonly crowded: () => boolean,
  ) {}

  /** It has something to send now. */
  written(sender: Sender): void {
    if (this.#held !== undefined) {
      this.#held.push(sender);
      return;
    }
    if (this.crowded()) {
      this.#held = [];
      this.env.scheduler.afterIo(this.#flush);
    }
    sender.send();
  }

  readonly #flush = (): void => {
    const held = this.#held!;
    this.#held = undefined;
    for (const sender of held) sender.send();
  };
}

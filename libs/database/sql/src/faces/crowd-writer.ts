import type { Env } from '@nest-pooling/core';

/** Has something that can be sent. */
export interface Sender {
  /** Sends it; called once for each time that it was given. */
  send(): void;
}

/**
 * Decides when what the connections of a pool have to send leaves. Usually at once. While others wait for a connection, many answers lie in
 * the sockets at a time: they are all read before anything is sent, as each write wakes a thread of the server, which may take the processor
 * from us. On a machine that a program shares with its server this is a tenth to a third of all that it does.
 */
export class CrowdWriter {
  #held: Sender[] = [];

  constructor(
    private readonly env: Env,
    /** Whether others wait for a connection. */
    private readonly crowded: () => boolean,
  ) {}

  written(sender: Sender): void {
    if (!this.crowded()) sender.send();
    else if (this.#held.push(sender) === 1) this.env.scheduler.afterIo(this.#flush);
  }

  readonly #flush = (): void => {
    const held = this.#held;
    this.#held = [];
    for (const sender of held) sender.send();
  };
}

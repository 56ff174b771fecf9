import type { Budget } from '@nest-pooling/core';
import { untilAborted, type SqlNode } from '@nest-pooling/sql';
import { quoted } from './identifiers.js';
import type { Notification } from './listener.js';
import type { PostgresSession } from './session.js';
import { withinTime } from './within-time.js';

const CONNECT_MS = 5_000;
const ANSWER_MS = 5_000;

/** A session that listens. It stands outside of its pool's sizes, but takes a permit where there is a budget. */
export class ListeningSession {
  /** The channels that it listens to. */
  readonly channels = new Set<string>();

  private constructor(
    private readonly node: SqlNode,
    private readonly session: PostgresSession,
    private readonly budget: Budget | undefined,
    private readonly owner: object,
  ) {}

  /**
   * Opens one, as soon as the budget has a permit for it.
   * @throws what the driver says; the signal's reason
   */
  static async open(
    node: SqlNode,
    owner: object,
    signal: AbortSignal,
    on: { notification(notification: Notification): void; lost(): void; noPermit(error: Error): void },
  ): Promise<ListeningSession> {
    const { env, driver, options } = node;
    const { budget } = env;
    if (budget !== undefined) await permit(budget, owner, signal, (error) => on.noPermit(error));
    try {
      const session = (await withinTime(env, signal, CONNECT_MS, (limited) =>
        driver.connect(options.target, 'write', env, limited),
      )) as PostgresSession;
      session.onLost = () => on.lost();
      session.client.on('notification', ({ channel, payload = '', processId }) =>
        on.notification({ channel, payload, processId }),
      );
      return new ListeningSession(node, session, budget, owner);
    } catch (error) {
      budget?.give(owner);
      throw error;
    }
  }

  /** The connection is gone. */
  get lost(): boolean {
    return this.session.state === 'broken';
  }

  /** Listens to a channel. */
  async listen(channel: string): Promise<void> {
    await this.#ask(`LISTEN ${quoted(channel)}`);
    this.channels.add(channel);
  }

  /** Listens to it no more. */
  async unlisten(channel: string): Promise<void> {
    await this.#ask(`UNLISTEN ${quoted(channel)}`);
    this.channels.delete(channel);
  }

  /** Whether the server is there: a connection on which nobody speaks may be gone for long. */
  async check(): Promise<void> {
    await this.#ask('SELECT 1');
  }

  /** Cuts the connection. */
  destroy(): void {
    this.session.destroy();
  }

  /** Ends it; settles when the server has let go. */
  async close(): Promise<void> {
    delete this.session.onLost;
    await this.session.close();
    this.budget?.give(this.owner);
  }

  async #ask(text: string): Promise<void> {
    const { scheduler } = this.node.env;
    let waiting = true;
    // The answer may lie in a socket that a blocked event loop has not read yet.
    const timer = scheduler.after(ANSWER_MS, () => scheduler.afterIo(() => waiting && this.destroy()));
    try {
      await this.session.execute({ text });
    } finally {
      waiting = false;
      timer.cancel();
    }
  }
}

async function permit(
  budget: Budget,
  owner: object,
  signal: AbortSignal,
  refused: (error: Error) => void,
): Promise<void> {
  while (!budget.tryTake(owner)) {
    budget.wanted(owner, 1);
    refused(new Error('the budget that pools share has no permit left for a session that listens'));
    let free = (): void => {};
    try {
      await untilAborted(new Promise<void>((resolve) => (free = budget.onFree(resolve))), signal);
    } catch (error) {
      budget.wanted(owner, 0);
      throw error;
    } finally {
      free();
    }
  }
}

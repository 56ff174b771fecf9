import { writeNodeOf, type Attachment, type SqlNode, type SqlPool } from '@nest-pooling/sql';
import { ListenFailedError } from './listen-errors.js';
import type { Listener, Notification } from './listener.js';
import { ListeningSession } from './listening-session.js';
import { Signal } from './signal.js';

/** A connection on which nobody speaks is asked after this time whether it is there. */
const CHECK_MS = 30_000;
/** The pause after the first failure. It doubles; up to a half of it is left to chance, so that not all come back at once. */
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 30_000;

/**
 * The subscriptions of one pool. They share a session of their own, which is opened for the first of them and closed after the last
 * one. It listens to what is wanted at the moment, and is opened anew, after a pause, whenever it is lost.
 */
export class ListenerHub implements Attachment {
  readonly #pool: SqlPool;
  readonly #channels = new Map<string, Set<Listener>>();
  readonly #signal: Signal;
  #node: SqlNode;
  #forget: () => void;
  #session: ListeningSession | undefined;
  #running: Promise<void> | undefined;
  #cut = new AbortController();
  #closed = false;
  #failures = 0;
  #failure: unknown;
  /** When the connection was known to be well for the last time. */
  #well = 0;

  constructor(pool: SqlPool) {
    this.#pool = pool;
    this.#node = writeNodeOf(pool);
    this.#forget = this.#node.attachments.add(this);
    this.#signal = new Signal(this.#node.env);
  }

  /** Why the last attempt to connect or to listen has failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Whether a channel is listened to at the moment. */
  hears(channel: string): boolean {
    const session = this.#session;
    return session !== undefined && !session.lost && session.channels.has(channel);
  }

  add(listener: Listener): void {
    const { channel } = listener;
    if (this.#closed) {
      listener.refuse(new ListenFailedError(this.#pool.name, channel, 'the pool is closed.', 'unavailable'));
      return;
    }
    this.#channels.set(channel, (this.#channels.get(channel) ?? new Set()).add(listener));
    if (this.hears(channel)) listener.heard(this.#session!, 0);
    else this.#signal.give('changed');
    this.#running ??= this.#run();
  }

  remove(listener: Listener): void {
    const listeners = this.#channels.get(listener.channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#channels.delete(listener.channel);
    if (this.#channels.size > 0) this.#signal.give('changed');
    else this.#end();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#forget();
    const listeners = [...this.#channels.values()].flatMap((some) => [...some]);
    this.#channels.clear();
    for (const { channel, refuse } of listeners) {
      refuse(new ListenFailedError(this.#pool.name, channel, 'the pool was closed.', 'unavailable'));
    }
    this.#end();
    await this.#running;
  }

  evict(): void {
    this.#session?.destroy();
    this.#signal.give('changed');
  }

  #end(): void {
    this.#cut.abort(new Error('nobody listens any more'));
    this.#cut = new AbortController();
    this.#signal.give('end');
  }

  async #run(): Promise<void> {
    while (this.#channels.size > 0) {
      try {
        const session = (this.#session ??= await this.#open());
        await this.#agree(session);
        this.#failure = undefined;
        this.#failures = 0;
        if (!(await this.#signal.sleep(CHECK_MS))) await session.check();
        if (session.lost) throw new Error('the connection was lost');
      } catch (error) {
        this.#failure = error;
        await this.#drop();
        if (this.#channels.size > 0) await this.#signal.sleep(this.#pause(), 'end');
      }
    }
    await this.#drop();
    this.#running = undefined;
    // Somebody may have come while the session was being closed.
    if (this.#channels.size > 0) this.#running = this.#run();
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  #pause(): number {
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#failures++);
    return most * (1 - this.#node.env.random() / 2);
  }

  #open(): Promise<ListeningSession> {
    // After a failover it may be another one.
    const node = writeNodeOf(this.#pool);
    if (node !== this.#node) {
      this.#forget();
      this.#node = node;
      this.#forget = node.attachments.add(this);
    }
    return ListeningSession.open(node, this, this.#cut.signal, {
      notification: (notification: Notification) => {
        for (const listener of this.#channels.get(notification.channel) ?? [])
          listener.notified(notification);
      },
      lost: () => this.#signal.give('changed'),
      noPermit: (error) => (this.#failure = error),
    });
  }

  /** Makes the session listen to what is wanted and to nothing else, and tells who has waited for it. */
  async #agree(session: ListeningSession): Promise<void> {
    const { scheduler } = this.#node.env;
    for (const channel of this.#channels.keys()) {
      if (!session.channels.has(channel)) await session.listen(channel);
    }
    for (const channel of session.channels) {
      if (!this.#channels.has(channel)) await session.unlisten(channel);
    }
    const now = scheduler.now();
    for (const [channel, listeners] of this.#channels) {
      if (!session.channels.has(channel)) continue;
      for (const listener of listeners) listener.heard(session, now - this.#well);
    }
    this.#well = now;
  }
}

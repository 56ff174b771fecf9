import { ListenHandlerError } from './listen-errors.js';

/** What somebody has told by {@link notify} or NOTIFY. */
export interface Notification {
  /** The channel that it came by. */
  readonly channel: string;
  /** Its text; empty when there was none. */
  readonly payload: string;
  /** The server's process that it came from: `pg_backend_pid()` of the sender. */
  readonly processId: number;
}

/** What is known about a connection that was lost and is there again. */
export interface Reconnected {
  /** The channel that is listened to again. */
  readonly channel: string;
  /** For how long, at the most, nothing was heard, in milliseconds: since the connection was last known to be well. */
  readonly silentMs: number;
}

/** What a subscription wants to hear. */
export interface ListenerHandlers {
  readonly onNotification: (notification: Notification) => unknown;
  readonly onReconnect?: (reconnected: Reconnected) => unknown;
  readonly onError?: (error: ListenHandlerError) => void;
}

/** One subscription. What its handlers throw disturbs nobody. */
export class Listener {
  /** Settles when its channel is listened to for the first time. */
  readonly ready: Promise<void>;
  /** Without effect once it is listened to. */
  readonly refuse: (error: Error) => void;
  readonly #begin: () => void;
  /** Where it was heard last. */
  #session: object | undefined;

  constructor(
    private readonly pool: string,
    readonly channel: string,
    private readonly handlers: ListenerHandlers,
  ) {
    let begin!: () => void;
    let refuse!: (error: Error) => void;
    this.ready = new Promise((resolve, reject) => ([begin, refuse] = [resolve, reject]));
    [this.#begin, this.refuse] = [begin, refuse];
    // It may be refused when nobody waits for it any more.
    this.ready.catch(() => {});
  }

  /** A session listens to its channel; nothing may have been heard for `silentMs` before that. */
  heard(session: object, silentMs: number): void {
    const before = this.#session;
    this.#session = session;
    if (before === undefined) this.#begin();
    else if (before !== session && this.handlers.onReconnect) {
      this.#call(this.handlers.onReconnect, { channel: this.channel, silentMs });
    }
  }

  notified(notification: Notification): void {
    this.#call(this.handlers.onNotification, notification);
  }

  #call<T>(handler: (what: T) => unknown, what: T): void {
    // In a turn of its own: the connection goes on reading whatever a handler does.
    void Promise.resolve(what)
      .then(handler)
      .catch((cause: unknown) => this.#failed(cause));
  }

  #failed(cause: unknown): void {
    const error = new ListenHandlerError(this.pool, this.channel, cause);
    const { onError } = this.handlers;
    if (onError === undefined) {
      warn(error);
      return;
    }
    try {
      onError(error);
    } catch (again) {
      warn(new ListenHandlerError(this.pool, this.channel, again));
    }
  }
}

function warn({ name, code, message }: ListenHandlerError): void {
  process.emitWarning(message, { type: name, code });
}

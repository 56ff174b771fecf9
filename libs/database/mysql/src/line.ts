import type { SqlSession, StatementReceiver } from '@nest-pooling/sql';
import type { RawConnection } from './connection.js';
import { SessionBusyError, SessionLostError } from './errors.js';
import { isServerError, type ServerError } from './fault.js';
import { meaningOfServer, rollsBack } from './meanings.js';
import { Tracked } from './tracked.js';
import { IN_TRANSACTION, NO_BACKSLASH_ESCAPES, type WireOptions } from './wire-options.js';

/**
 * One connection, what runs on it, and what is known of it: the server's status in its last answer, and whether it is lost. Here it is
 * decided with what a statement settles: with an error of its own when the connection is lost, and at once when it is destroyed.
 */
export class Line {
  /** Called once when the connection is lost while nothing is running. */
  onIdleLoss: ((error: SessionLostError) => void) | undefined;
  /** Called once when the connection is lost or given up, after everybody here was told: for what runs there past this line. */
  onLoss: ((error: SessionLostError) => void) | undefined;
  /** What made the server roll back an open transaction by itself. */
  rolledBackBy: unknown;
  /** The server rolls a whole transaction back when a lock is waited for too long. */
  lockTimeoutRollsBack = false;
  /** The bits of the server's status. */
  protected status = 0;
  protected connected = false;
  /** Makes an error for each who asks, once the connection is gone. */
  protected lost: (() => SessionLostError) | undefined;
  /** Rejects what runs. */
  protected running: ((error: unknown) => void) | undefined;
  /** What was sent ahead. */
  readonly #tracked = new Set<Tracked>();
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(
    readonly connection: RawConnection,
    protected readonly options: WireOptions,
  ) {
    connection.on('error', (error) => this.lose('the connection was lost', error));
    connection.stream.once('close', () => {
      this.#ended = true;
      this.lose('the server closed the connection');
    });
  }

  get state(): SqlSession['state'] {
    if (this.lost !== undefined) return 'broken';
    if (this.rolledBackBy !== undefined) return 'failed';
    return (this.status & IN_TRANSACTION) === 0 ? 'idle' : 'in-transaction';
  }

  /** Whether mysql2's way to put values into a text is safe with this server's settings. */
  get escapes(): boolean {
    return (this.status & NO_BACKSLASH_ESCAPES) === 0;
  }

  /** What the server said of its status to somebody else on the same connection. */
  heard(status: number): void {
    this.status = status;
    if ((status & IN_TRANSACTION) === 0) this.rolledBackBy = undefined;
  }

  /** Nothing else can be begun now. */
  get busy(): boolean {
    return this.running !== undefined || this.#tracked.size > 0;
  }

  /** Does one thing on the connection at a time; what comes after it was lost is heard by nobody. */
  run<R>(begin: (resolve: (result: R) => void, reject: (error: unknown) => void) => void): Promise<R> {
    const refused = this.refusal();
    if (refused !== undefined) return Promise.reject(refused);
    return new Promise((resolve, reject) => {
      this.running = reject;
      const failed = (error: unknown): void => {
        if (this.running !== reject) return;
        if (!isServerError(error)) return this.lose('the connection was lost', error);
        this.running = undefined;
        this.heed(error);
        reject(error);
      };
      try {
        begin((result) => {
          if (this.running !== reject) return;
          this.running = undefined;
          resolve(result);
        }, failed);
      } catch (error) {
        // Half a message may be out: nothing that is said on this connection can be understood any more.
        this.lose('a statement could not be sent', error);
      }
    });
  }

  /** Notes a statement that is sent ahead of others' answers; answers `undefined` when it cannot be. */
  track(receiver: StatementReceiver): Tracked | undefined {
    if (this.lost === undefined && this.running === undefined) {
      return new Tracked(this.#tracked, this, receiver);
    }
    receiver.failed(this.refusal());
    return undefined;
  }

  /** What an error of the server does to the connection and its transaction. */
  heed(error: ServerError): void {
    const { errno, message, sqlState } = error;
    const ended = meaningOfServer(errno, sqlState, message)?.lost;
    if (ended) this.lose('the server ended the connection', error, true);
    else if (this.state === 'in-transaction' && rollsBack(errno, this.lockTimeoutRollsBack)) {
      this.rolledBackBy = error;
    }
  }

  /** Cuts the socket. What runs is rejected now. */
  destroy(why = 'the session was destroyed'): void {
    this.lose(why, undefined, true);
    this.connection.stream.destroy();
  }

  /** Says goodbye; settles when the socket is closed, by the server or by us after `limitMs`. */
  close(limitMs: number): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const { stream } = this.connection;
      if (this.#ended || stream.destroyed) return resolve();
      const timer = this.options.env.scheduler.after(limitMs, () => stream.destroy());
      stream.once('close', () => {
        timer.cancel();
        resolve();
      });
      if (this.lost !== undefined) return;
      const idle = !this.busy;
      this.connection.end();
      if (idle) this.lose('the session was closed', undefined, true, false);
    });
    return this.#closing;
  }

  /** The connection is gone, or given up. */
  lose(what: string, cause?: unknown, deliberate = false, cut = true): void {
    if (this.lost !== undefined) return;
    const init = cause === undefined ? { deliberate } : { deliberate, cause };
    const lost = (): SessionLostError => new SessionLostError(this.options.node, `${what}.`, init);
    this.lost = lost;
    const idle = !this.busy;
    const { running } = this;
    this.running = undefined;
    for (const one of this.#tracked) one.refused(lost());
    // Why there was no connection in the first place is what the server or Node said.
    running?.(this.connected || cause === undefined ? lost() : cause);
    if (cut) {
      // What still lies in the socket belongs to nobody: mysql2 would go on reading it, and write warnings to the console.
      this.connection.handlePacket = () => {};
      this.connection.destroy();
      this.connection.stream.destroy();
    }
    if (idle && !deliberate && this.#closing === undefined) this.onIdleLoss?.(lost());
    this.onLoss?.(lost());
  }

  /** Why nothing can be begun now; `undefined` when it can. */
  protected refusal(): SessionLostError | SessionBusyError | undefined {
    if (this.lost !== undefined) return this.lost();
    return this.busy ? new SessionBusyError(this.options.node) : undefined;
  }
}

import type { Env } from '@nest-pooling/core';
import type { RawResult, SqlSession, StatementReceiver } from '@nest-pooling/sql';
import type { Client } from 'pg';
import { SessionBusyError, SessionLostError } from './errors.js';
import { InFlight } from './in-flight.js';
import { Outbox } from './outbox.js';
import type { Pg } from './pg.js';
import { PreparedStatements } from './prepared-statements.js';
import { RowReaders } from './row-readers.js';
import { staleness } from './stale.js';
import { survivor } from './survived.js';
import { adoptQueries, WireQuery, type PgStatement, type QueryOwner } from './wire-query.js';

/** What {@link Wire} needs to know besides its client. */
export interface WireOptions {
  /** The node's name, for messages. */
  readonly node: string;
  readonly env: Env;
  /** How many prepared statements the connection keeps. */
  readonly maxPrepared: number;
}

/**
 * One connection and the statements in flight on it. pg decides what goes over the wire; here it is decided when a
 * statement settles, and with what: at the server's "ready" and not at its error, so that the transaction's status is
 * right by then; with an error of its own each, when the connection is lost; at once, when it is destroyed.
 */
export class Wire implements QueryOwner {
  /** The `pg.Client`. */
  readonly client: Client;
  /** Called once when the connection is lost while nothing is running. */
  onIdleLoss: ((error: SessionLostError) => void) | undefined;
  /** Written, and not sent yet. */
  readonly outbox = new Outbox();
  /** The named statements that the server knows. */
  readonly prepared: PreparedStatements;
  readonly readers: RowReaders;
  /**
   * Statements of one turn of the event loop leave in one write. Pays where many callers share the connection, and
   * would only delay a single one.
   */
  flushPerTurn = false;
  /** One query has the connection for itself: others are refused. */
  alone = false;
  readonly #options: WireOptions;
  readonly #inFlight = new InFlight();
  /** The statement that the server has refused, until it is ready for the next one. */
  #refused: { readonly query: WireQuery; readonly error: unknown } | undefined;
  /** Set when the connection is gone: makes an error for each who asks, since callers never share one. */
  #lost: (() => SessionLostError) | undefined;
  /** The server has let go: the socket is closed. */
  #ended = false;
  #closing: Promise<void> | undefined;
  #flushPlanned = false;
  readonly #flush = (): void => {
    this.#flushPlanned = false;
    const { stream } = this.client.connection;
    if (!this.outbox.empty && stream.writable) stream.write(this.outbox.take());
  };

  constructor(pg: Pg, client: Client, options: WireOptions) {
    this.client = client;
    this.#options = options;
    this.prepared = new PreparedStatements(options.maxPrepared);
    this.readers = new RowReaders(client);
    adoptQueries(pg);
    // Never without a listener: an `error` that nobody hears ends the process.
    client.on('error', (error) => this.#lose('the connection was lost', error));
  }

  get node(): string {
    return this.#options.node;
  }

  /** How many statements are in flight. */
  get running(): number {
    return this.#inFlight.length;
  }

  /** The transaction's status at the last "ready" of the server. */
  get state(): SqlSession['state'] {
    if (this.#lost !== undefined) return 'broken';
    const status = this.client.getTransactionStatus();
    return status === 'T' ? 'in-transaction' : status === 'E' ? 'failed' : 'idle';
  }

  /** Opens the connection. Rejects with pg's error; {@link destroy} ends it early. */
  connect(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.client.connect((error: Error | null) => (error ? reject(error) : resolve()));
      // After pg's own listeners, which were added just now: its state is new when these run.
      this.client.connection.on('readyForQuery', () => this.#ready());
      this.client.connection.once('end', () => {
        this.#ended = true;
        this.#lose('the server closed the connection');
      });
    });
  }

  /** Sends one statement. */
  send(statement: PgStatement): Promise<RawResult> {
    return new Promise((resolve, reject) => {
      this.submit(statement, { answered: resolve, failed: reject });
    });
  }

  /** Sends one statement whose end is told to `receiver`. */
  submit(statement: PgStatement, receiver: StatementReceiver): void {
    this.push(new WireQuery(this, statement, receiver));
  }

  /** Sends a query of whatever kind. */
  push(query: WireQuery): void {
    if (this.#lost !== undefined) query.receiver.failed(this.#lost());
    else if (this.alone) query.receiver.failed(new SessionBusyError(this.node, this.running));
    else this.#submit(query);
  }

  /** Cuts the socket. Whatever is in flight is rejected now. */
  destroy(why = 'the session was destroyed'): void {
    this.#lose(why, undefined, true);
    this.client.connection.stream.destroy();
  }

  /** Says goodbye; settles when the socket is closed, by the server or by us after `limitMs`. */
  close(limitMs: number): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      if (this.#ended) {
        resolve();
        return;
      }
      const timer = this.#options.env.scheduler.after(limitMs, () =>
        this.destroy('the session was closed before its statements had ended'),
      );
      this.client.connection.once('end', () => {
        timer.cancel();
        resolve();
      });
      // pg waits for what is in flight, then says goodbye.
      this.#flush();
      this.client.end().catch(() => {});
      if (this.#inFlight.length === 0) this.#lose('the session was closed', undefined, true, false);
    });
    return this.#closing;
  }

  answered(query: WireQuery): void {
    if (this.#inFlight.remove(query)) query.receiver.answered(query);
  }

  failed(query: WireQuery, error: unknown, byServer: boolean): void {
    if (query.settled) return;
    if (byServer && this.#lost === undefined) this.#refused = { query, error };
    else if (this.#inFlight.remove(query)) query.receiver.failed(error);
  }

  written(): void {
    if (!this.flushPerTurn) this.#flush();
    else if (!this.#flushPlanned) {
      this.#flushPlanned = true;
      this.#options.env.scheduler.afterIo(this.#flush);
    }
  }

  #submit(query: WireQuery): void {
    this.#inFlight.push(query);
    try {
      this.client.query(query as never);
    } catch (error) {
      // Half a message may be out: nothing that is said on this connection can be understood any more.
      this.#lose('a statement could not be sent', error);
    }
  }

  #ready(): void {
    const refused = this.#refused;
    if (refused === undefined) return;
    this.#refused = undefined;
    const { query, error } = refused;
    if (!this.#inFlight.remove(query)) return;
    if (this.#lost !== undefined) query.receiver.failed(error);
    else if (this.#forgotten(query, error)) this.#submit(query.again());
    else query.receiver.failed(survivor(error));
  }

  /**
   * The server no longer knows the statement by its name, or holds to what it was before a table was altered. It was not executed, so
   * outside of a transaction it can be sent once more.
   */
  #forgotten({ prepared, prepares, repeated }: WireQuery, error: unknown): boolean {
    if (prepared === undefined) return false;
    const stale = staleness(error);
    // Where the message that prepares it went along, nobody knows what was refused.
    if (prepares || stale !== 'no') prepared.knowledge = 'doubtful';
    if (stale === 'all') this.prepared.forgetAll();
    // One that was just prepared has the types of today.
    const once = stale === 'types' ? !prepares : stale !== 'no';
    return once && !repeated && this.state === 'idle';
  }

  #lose(what: string, cause?: unknown, deliberate = false, cut = true): void {
    if (this.#lost !== undefined) return;
    const idle = this.#inFlight.length === 0 && this.#closing === undefined;
    const init = cause === undefined ? { deliberate } : { deliberate, cause };
    this.#lost = () => new SessionLostError(this.node, `${what}.`, init);
    // The server's own word on the statement that it refused last is worth more than the loss.
    this.#ready();
    for (let query = this.#inFlight.first; query !== undefined; query = this.#inFlight.first) {
      this.#inFlight.remove(query);
      query.receiver.failed(this.#lost());
    }
    if (cut) this.client.connection.stream.destroy();
    if (idle && !deliberate) this.onIdleLoss?.(this.#lost());
  }
}

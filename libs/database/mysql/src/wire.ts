import type { RawResult } from '@nest-pooling/sql';
import { answered, answerOf } from './answer.js';
import {
  watchStatus,
  type Answer,
  type Command,
  type RawConnection,
  type RowReceiver,
  type Rows,
} from './connection.js';
import { eachRow } from './each-row.js';
import { isServerError } from './fault.js';
import { Line } from './line.js';
import { isStale } from './meanings.js';
import { hideOdd } from './odd-columns.js';
import { PreparedStatements, type PreparedStatement } from './prepared-statements.js';
import { statusOf } from './result.js';
import { verbOf } from './verb.js';
import { IN_TRANSACTION, type WireOptions } from './wire-options.js';

/**
 * One connection and the statement that runs on it. mysql2 decides what goes over the wire; here the server's status is read from every
 * answer.
 */
export class Wire extends Line {
  readonly prepared: PreparedStatements;

  constructor(connection: RawConnection, options: WireOptions) {
    super(connection, options);
    this.prepared = new PreparedStatements(options.maxPrepared, (text) => {
      if (this.lost === undefined) connection.unprepare(text);
    });
  }

  /** Resolves to the version of the server. */
  connect(): Promise<string> {
    return this.run((resolve, reject) =>
      this.connection.connect((error, handshake) => {
        if (error) return reject(error);
        this.connected = true;
        watchStatus(this.connection, (status) => (this.status = status));
        resolve(handshake?.serverVersion ?? '');
      }),
    );
  }

  /** Runs a statement as it is. */
  query(command: Command, verb = verbOf(command.sql)): Promise<RawResult> {
    return this.run((resolve, reject) => {
      this.connection.query(command, this.answer(verb, resolve, reject)).on('fields', hideOdd);
    });
  }

  /** Has a statement prepared. */
  prepare(text: string): Promise<PreparedStatement> {
    return this.run((resolve, reject) => {
      this.connection.prepare(text, (error, info) => {
        if (error) reject(error);
        else resolve(this.prepared.add(text, info!, verbOf(text)));
      });
    });
  }

  /** Runs a prepared statement; `stale` runs it anew when the server does not know it any more. As {@link run}, with fewer steps. */
  execute(
    { info, verb }: PreparedStatement,
    values: readonly unknown[],
    stale?: () => Promise<RawResult>,
  ): Promise<RawResult> {
    const refused = this.refusal();
    if (refused !== undefined) return Promise.reject(refused);
    return new Promise((resolve, reject) => {
      this.running = reject;
      const told: Answer = (error, result, columns) => {
        if (this.running !== reject) return;
        if (error === null || error === undefined) {
          this.running = undefined;
          this.status = statusOf(result) ?? this.status;
          return resolve(answered(result, columns, verb));
        }
        if (!isServerError(error)) return this.lose('the connection was lost', error);
        this.running = undefined;
        this.heed(error);
        if (stale !== undefined && isStale(error.errno)) resolve(stale());
        else reject(error);
      };
      info.execute(values, told).on('fields', hideOdd);
    });
  }

  /** Runs something whose rows come one by one; resolves at its end. */
  each(start: () => Rows, receiver: RowReceiver): Promise<void> {
    return this.run(eachRow(start, receiver, (status) => (this.status = status)));
  }

  /** COM_RESET_CONNECTION: what a new connection would have, except for its settings. */
  reset(): Promise<void> {
    return this.run((resolve, reject) => {
      this.connection.reset((error) => {
        if (error) return reject(error);
        this.prepared.clear();
        this.rolledBackBy = undefined;
        this.status &= ~IN_TRANSACTION;
        resolve();
      });
    });
  }

  /** What mysql2 tells the end of a statement to. */
  answer(verb: string, resolve: (result: RawResult) => void, reject: (error: unknown) => void): Answer {
    return answerOf(verb, (status) => (this.status = status), resolve, reject);
  }
}

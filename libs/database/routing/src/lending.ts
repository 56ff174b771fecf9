import {
  lendSession,
  lendStream,
  lendTransaction,
  type SqlConnection,
  type SqlPool,
  type Statement,
  type StreamOptions,
  type TransactionOptions,
  type UseOptions,
} from '@nest-pooling/sql';
import { scopedAccess } from './access.js';
import type { ReadConsistency } from './read-consistency.js';
import type { Reader } from './reader.js';
import type { Writer } from './writer.js';

/** Runs what holds a session for longer than one statement: on a replica where that is wanted, else on the primary. */
export class Lending {
  constructor(
    /** Whose transactions these are. */
    private readonly owner: SqlPool,
    private readonly reader: Reader,
    private readonly writer: Writer,
    private readonly consistency: ReadConsistency,
  ) {}

  transaction<R>(
    work: (tx: SqlConnection) => Promise<R>,
    options: TransactionOptions | undefined,
  ): Promise<R> {
    return scopedAccess(options) === 'read'
      ? this.reader.lend(options, (sql, left) => lendTransaction(sql, this.owner, work, left, 'read'))
      : this.writer.lend(work, options, (sql, noted, left) =>
          lendTransaction(sql, this.owner, noted, left, 'write'),
        );
  }

  async use<R>(work: (connection: SqlConnection) => Promise<R>, options: UseOptions | undefined): Promise<R> {
    if (scopedAccess(options) === 'read') {
      return this.reader.lend(options, (sql, left) => lendSession(sql, this.owner, work, left, 'read'));
    }
    const ended = this.consistency.lent();
    try {
      return await this.writer.lend(work, options, (sql, noted, left) =>
        lendSession(sql, this.owner, noted, left, 'write'),
      );
    } finally {
      ended();
    }
  }

  /** Once rows have come, a failure is final. */
  async *read<Row>(statement: Statement, options: StreamOptions | undefined): AsyncGenerator<Row> {
    const { node, left, leave } = await this.reader.admit(options);
    try {
      yield* lendStream<Row>(node, statement, left, 'read');
    } finally {
      leave();
    }
  }

  /** The same on the primary. */
  async *write<Row>(statement: Statement, options: StreamOptions | undefined): AsyncGenerator<Row> {
    const ended = this.consistency.lent();
    try {
      yield* lendStream<Row>(this.writer.node(), statement, options, 'write');
    } finally {
      ended();
    }
  }
}

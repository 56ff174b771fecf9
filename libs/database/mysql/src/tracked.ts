import type { RawResult, StatementReceiver } from '@nest-pooling/sql';
import { isServerError, type ServerError } from './fault.js';

/** Whom the end of a connection, and of a transaction, is told. */
export interface TrackedOwner {
  lose(what: string, cause: unknown): void;
  heed(error: ServerError): void;
}

/** A statement that was sent ahead of others' answers. It settles once, whatever comes after. */
export class Tracked {
  constructor(
    private readonly all: Set<Tracked>,
    private readonly owner: TrackedOwner,
    private readonly receiver: StatementReceiver,
  ) {
    all.add(this);
  }

  answered(result: RawResult): void {
    if (this.all.delete(this)) this.receiver.answered(result);
  }

  /** The server, or the connection, has said so. */
  failed(error: unknown): void {
    if (!this.all.has(this)) return;
    if (!isServerError(error)) return this.owner.lose('the connection was lost', error);
    this.all.delete(this);
    this.owner.heed(error);
    // mysql2 tells an answer a moment later, but an error at once: the order is kept.
    process.nextTick(() => this.receiver.failed(error));
  }

  /** It could not be sent, or the connection is gone. */
  refused(error: unknown): void {
    if (this.all.delete(this)) this.receiver.failed(error);
  }
}

import type { RawResult, Statement, StatementReceiver } from '@nest-pooling/sql';
import { CopyMisusedError } from './copy-errors.js';
import type { Outbox } from './outbox.js';
import type { Pg } from './pg.js';
import type { PreparedStatement, PreparedStatements } from './prepared-statements.js';
import type { ColumnDescription, RowReader } from './row-reader.js';
import type { RowReaders } from './row-readers.js';

/** A {@link Statement} whose parameters cannot fail to be bound any more. */
export interface PgStatement extends Pick<Statement, 'text' | 'name' | 'rowMode' | 'maxRows'> {
  readonly values?: readonly unknown[];
}

/** What a session's queries report to it, and what they write to. */
export interface QueryOwner {
  /** The node's name, for messages. */
  readonly node: string;
  readonly outbox: Outbox;
  readonly prepared: PreparedStatements;
  /** By the parsers of the client, the application's own among them. */
  readonly readers: RowReaders;
  /** It was answered. */
  answered(query: WireQuery): void;
  /** It failed; `byServer` when the server sent the error and will say next that it is ready. */
  failed(query: WireQuery, error: unknown, byServer: boolean): void;
  /** It was written to the outbox. */
  written(): void;
}

/** The parts of `pg.Connection` that are used here; they are stable in pg 8, but not all of them are in its types. */
export interface PgConnection {
  sendCopyFail(message: string): void;
}

/**
 * One message exchange in flight, linked to its neighbours in the order of sending. pg calls the `handle` methods as
 * messages come in. For pg it is one of its own queries, since it refuses others in pipeline mode, but it shares nothing
 * with them: an emitter and a result object each would cost more than all the rest.
 */
export class WireQuery implements RawResult {
  before: WireQuery | undefined = undefined;
  after: WireQuery | undefined = undefined;
  settled = false;
  /** Absent until it is sent: pg takes a query that has it for one that reads in pages, and refuses it in pipeline mode. */
  rows: unknown[] = undefined as unknown as unknown[];
  fields: readonly ColumnDescription[] = [];
  rowCount: number | null = null;
  command = '';
  /** Under which name it was prepared, if it was. */
  prepared: PreparedStatement | undefined = undefined;
  /** It is sent for the second time, since the server did not know its name. */
  repeated = false;
  /** It carries the message that prepares its statement. */
  prepares = false;
  #reader: RowReader | undefined = undefined;
  /** What a type parser of the application has thrown. */
  #broken: unknown = undefined;
  #complete = false;
  readonly #maxRows: number;

  constructor(
    readonly owner: QueryOwner,
    readonly statement: PgStatement,
    readonly receiver: StatementReceiver,
  ) {
    this.#maxRows = statement.maxRows ?? Infinity;
  }

  /** The same once more. */
  again(): WireQuery {
    const query = new WireQuery(this.owner, this.statement, this.receiver);
    query.repeated = true;
    return query;
  }

  /** pg says that its turn has come. */
  submit(_connection: PgConnection): null {
    this.rows = [];
    this.write(this.owner.outbox);
    this.owner.written();
    return null;
  }

  /** pg emits what nobody listens to. */
  emit(): boolean {
    return false;
  }

  handleRowDescription({ fields }: { readonly fields: readonly ColumnDescription[] }): void {
    // Of several statements in one text the last one's result counts.
    if (this.#complete) this.rows = [];
    this.#complete = false;
    const { prepared, statement, owner } = this;
    this.fields = fields;
    this.#reader = owner.readers.of(statement.text, fields, statement.rowMode === 'array');
    if (this.prepares && prepared!.fixed) prepared!.columns = fields;
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    // One row more than allowed shows that there are too many; the others would only fill the memory.
    if (this.#broken !== undefined || this.rows.length > this.#maxRows) return;
    try {
      this.rows.push(this.#reader!.read(fields));
    } catch (error) {
      this.#broken = error ?? new Error('a type parser has thrown nothing');
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#complete) {
      this.rows = [];
      this.fields = [];
    }
    this.#complete = true;
    const first = text.indexOf(' ');
    const last = text.lastIndexOf(' ');
    const count = last < 0 ? Number.NaN : Number(text.slice(last + 1));
    this.command = first < 0 ? text : text.slice(0, first);
    this.rowCount = Number.isNaN(count) ? null : count;
  }

  handleEmptyQuery(): void {
    this.#complete = true;
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: PgConnection): void {
    this.#broken = new CopyMisusedError(this.owner.node, 'a COPY stood among other statements.', 'in');
    connection.sendCopyFail('there is no data: use copyFrom');
    const { name, values } = this.statement;
    if (name === undefined && values === undefined) return;
    // The Sync that went out with the statement was taken for a part of the copy.
    this.owner.outbox.sync();
    this.owner.written();
  }

  handleCopyData(_message?: unknown): void {
    this.#broken ??= new CopyMisusedError(this.owner.node, 'a COPY stood among other statements.', 'out');
  }

  handleError(error: unknown): void {
    this.owner.failed(this, this.#broken ?? error, isServerError(error));
  }

  handleReadyForQuery(): void {
    const { prepared } = this;
    if (this.prepares) {
      prepared!.knowledge = 'known';
      if (prepared!.fixed) prepared!.columns ??= [];
    }
    if (this.#broken === undefined) this.owner.answered(this);
    else this.owner.failed(this, this.#broken, false);
  }

  protected write(outbox: Outbox): void {
    const { text, name, values } = this.statement;
    if (name !== undefined) this.#writeNamed(name, outbox);
    else if (values === undefined) outbox.query(text);
    else this.#writeUnnamed(outbox);
  }

  #writeNamed(name: string, outbox: Outbox): void {
    const { owner, statement } = this;
    // The session has made sure that the name is free or stands for this text; since then it may have been given to another one.
    const prepared = owner.prepared.find(name, statement.text);
    // Its first Parse is on the way and may fail: then whoever trusted in it would fail with it.
    if (prepared === undefined || prepared.knowledge === 'asked') {
      this.#writeUnnamed(outbox);
      return;
    }
    this.prepared = prepared;
    this.prepares = prepared.knowledge !== 'known';
    if (this.prepares) owner.prepared.prepare(prepared, outbox);
    outbox.bind('', prepared.name, statement.values);
    const { columns } = prepared;
    outbox.execute(columns === undefined);
    if (columns === undefined) return;
    this.fields = columns;
    this.#reader =
      statement.rowMode === 'array'
        ? (prepared.arrays ??= owner.readers.make(columns, true))
        : (prepared.objects ??= owner.readers.make(columns, false));
  }

  #writeUnnamed(outbox: Outbox): void {
    this.prepared = undefined;
    outbox.parse('', this.statement.text);
    outbox.bind('', '', this.statement.values);
    outbox.execute(true);
  }
}

let isServerError: (error: unknown) => boolean = () => false;

/** Makes {@link WireQuery} one of pg's own queries. Done once, when pg is there: it is loaded lazily. */
export function adoptQueries(pg: Pg): void {
  isServerError = (error) => error instanceof pg.DatabaseError;
  Object.setPrototypeOf(WireQuery.prototype, pg.Query.prototype as object);
}

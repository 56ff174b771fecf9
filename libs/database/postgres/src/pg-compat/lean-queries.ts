import type { StatementReceiver } from '@nest-pooling/sql';
import type { CrowdWriter } from '@nest-pooling/sql/faces';
import pg, { type PoolClient } from 'pg';
import { Outbox } from '../outbox.js';
import { wireValues } from '../parameters.js';
import { PreparedStatements } from '../prepared-statements.js';
import { RowReaders } from '../row-readers.js';
import { adoptQueries, WireQuery, type QueryOwner } from '../wire-query.js';
import { pgResult } from './pg-result.js';
import { plainStatement, type PlainStatement } from './plain-statement.js';

/** Hears what pg would say. */
export type QueryCallback = (error: Error | null, result: unknown) => void;

/** One statement that is no COPY; of several in one text pg gives the results of all. */
const SINGLE = /^\s*(?:select|insert|update|delete|merge|with|values|table)\b[^;]*$/i;
/** How many texts are remembered for that. */
const TEXTS = 2_000;

type Query = (this: unknown, query: LeanQuery, values: undefined, callback: QueryCallback) => unknown;

/** The client gives the callback; see {@link LeanQuery.callback}. */
const NOBODY: StatementReceiver = { answered() {}, failed() {} };

type Pg = Parameters<typeof adoptQueries>[0];
const { prepareValue } = (pg as unknown as { utils: { prepareValue: (value: unknown) => unknown } }).utils;

/** To pg a query with a name, while it prepares it: so pg remembers the name for its own queries. */
class LeanQuery extends WireQuery {
  /** Set by the client, from what it was called with. */
  callback: QueryCallback | undefined = undefined;

  get name(): string | undefined {
    return this.prepares ? this.prepared!.name : undefined;
  }

  get text(): string {
    return this.statement.text;
  }
}

/**
 * Runs the plain statements of `pool.query` on a `pg.Client` by queries of our own: one buffer for all messages of a statement, no
 * emitter, and what a prepared one returns is asked once. To the client it is a custom query like any other, and what the caller
 * gets is pg's own result.
 */
export class LeanQueries implements QueryOwner {
  readonly node = 'pg';
  readonly outbox = new Outbox();
  readonly prepared = new PreparedStatements(Infinity);
  readonly readers: RowReaders;
  readonly #names: Record<string, string>;
  readonly #stream: { readonly writable: boolean; write(bytes: Buffer): unknown };
  static readonly #single = new Map<string, boolean>();

  private constructor(
    private readonly client: PoolClient,
    private readonly writer: CrowdWriter,
  ) {
    this.readers = new RowReaders(client);
    const connection = client.connection as unknown as { parsedStatements: Record<string, string> };
    this.#names = connection.parsedStatements;
    this.#stream = client.connection.stream;
  }

  /** For a connected client of pg's own class that does nothing unusual; `undefined` for any other. */
  static of(client: PoolClient, writer: CrowdWriter): LeanQueries | undefined {
    const { binary, pipeline, connectionParameters } = client as unknown as {
      binary: unknown;
      pipeline: unknown;
      connectionParameters?: { query_timeout?: unknown };
    };
    const usual = Object.getPrototypeOf(client) === pg.Client.prototype;
    if (!usual || binary || pipeline || connectionParameters?.query_timeout) return undefined;
    adoptQueries(pg as unknown as Pg);
    return new LeanQueries(client, writer);
  }

  /** Makes `client.query` take this way for plain statements, too; everything else is pg's. */
  attach(): void {
    const client = this.client as unknown as { query: unknown };
    const own = client.query as (...given: unknown[]) => unknown;
    client.query = (config: unknown, values?: unknown, callback?: unknown): unknown => {
      const done = typeof values === 'function' ? values : callback;
      const plain = plainStatement(config, typeof values === 'function' ? undefined : values);
      if (plain === undefined || !LeanQueries.takes(plain.text))
        return own.call(client, config, values, callback);
      if (typeof done === 'function') {
        return this.run(plain, done as QueryCallback)
          ? undefined
          : own.call(client, config, values, callback);
      }
      let lean = false;
      const answer = new Promise((resolve, reject) => {
        lean = this.run(plain, (error, result) => (error ? reject(error) : resolve(result)));
      });
      return lean ? answer.catch(rethrown) : own.call(client, config, values, callback);
    };
  }

  /** Whether a text is for this way. */
  static takes(text: string): boolean {
    const all = LeanQueries.#single;
    let single = all.get(text);
    if (single === undefined) {
      if (all.size >= TEXTS) all.clear();
      all.set(text, (single = SINGLE.test(text)));
    }
    return single;
  }

  /** Runs it; answers `false` when pg has to, because it has words of its own for what is wrong. */
  run({ text, values, name, rowMode }: PlainStatement, callback: QueryCallback): boolean {
    if (name !== undefined && !this.#knows(name, text)) return false;
    let sent: readonly unknown[] | undefined;
    try {
      sent = wireValues(this.node, values, prepareValue);
    } catch {
      return false;
    }
    const query = new LeanQuery(this, { text, values: sent, name, rowMode }, NOBODY);
    // As pg.Pool calls it: whoever watches `client.query` (a tracer) sees a text and a callback.
    (pg.Client.prototype as unknown as { query: Query }).query.call(this.client, query, undefined, callback);
    return true;
  }

  answered(query: WireQuery): void {
    if (query.settled) return;
    query.settled = true;
    (query as LeanQuery).callback!(null, pgResult(query, query.statement.rowMode));
  }

  failed(query: WireQuery, error: unknown): void {
    if (query.settled) return;
    query.settled = true;
    const { prepared } = query;
    if (prepared !== undefined) {
      const { code } = error as { code?: string };
      // Whether it was prepared nevertheless, pg knows.
      prepared.knowledge = code === '0A000' ? 'doubtful' : 'unknown';
      if (code === '26000') delete this.#names[prepared.name];
    }
    (query as LeanQuery).callback!(error as Error, undefined);
  }

  written(): void {
    this.writer.written(this);
  }

  /** Sends what was written. */
  send(): void {
    if (this.#stream.writable) this.#stream.write(this.outbox.take());
  }

  /** Whether a name is free, or stands for that text, for pg as well. */
  #knows(name: string, text: string): boolean {
    const theirs = this.#names[name];
    if (theirs !== undefined && theirs !== text) return false;
    const ours = this.prepared.find(name, text);
    if (ours === undefined || ours.name !== name) return false;
    if (theirs !== undefined && ours.knowledge === 'unknown') ours.knowledge = 'known';
    return true;
  }
}

/** With a stack that leads to where the caller waits, and not to the socket that the answer came from. */
function rethrown(error: unknown): never {
  if (typeof error === 'object' && error !== null) Error.captureStackTrace(error);
  throw error;
}

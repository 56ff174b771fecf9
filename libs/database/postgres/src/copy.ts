import { OptionsError, Problems, systemEnv } from '@nest-pooling/core';
import { exchange, SqlPool, StatementClassifier, type Exchange, type SqlConnection } from '@nest-pooling/sql';
import { postgresDialect } from './classify.js';
import { CopyMisusedError, CopySourceError } from './copy-errors.js';
import { copyIn } from './copy-in.js';
import { copyOut, CopyReader } from './copy-out.js';
import { SourceReader, type CopySource } from './copy-source.js';
import { copiedQuery, copyDirection, type CopyDirection } from './copy-text.js';
import { given } from './given.js';
import { PostgresSession } from './session.js';
import type { Wire } from './wire.js';

/** Options of {@link copyFrom}. */
export interface CopyFromOptions {
  /** The total time, waiting for a session included, in milliseconds. Default: none. */
  readonly timeoutMs?: number;
  /** Gives up when it aborts; the server then takes nothing of the data. */
  readonly signal?: AbortSignal;
  /** Who is asking, for timeout errors and leak reports. Default: the scope's label. */
  readonly label?: string;
}

/** Options of {@link copyTo}. */
export interface CopyToOptions extends CopyFromOptions {
  /** On a router: where the data comes from. Default: a replica, unless the statement copies a query that writes. */
  readonly access?: 'read' | 'write';
}

/** What {@link copyFrom} has done. */
export interface CopyResult {
  /** Rows that were copied. */
  readonly rowCount: number;
  /** The id of the node that took them. */
  readonly node: string;
}

const classifier = new StatementClassifier(postgresDialect);

/**
 * Copies data into a table: `COPY … FROM STDIN`, the fastest way in. All of it or nothing: the copy has a transaction of its own;
 * within one, or on a connection that is in one, a savepoint. On a router it goes to the primary. The source is read only as
 * fast as the server takes the data, in whatever format the text says (`text` by default, `csv`, `binary`), and always ended.
 *
 * The session's statement timeout does not hold here, since how long a load takes is a matter of its size: give `timeoutMs`.
 *
 * ```ts
 * await copyFrom(orders, 'COPY item (id, name) FROM STDIN WITH (FORMAT csv)', createReadStream('items.csv'));
 * ```
 *
 * @throws CopySourceError `SQL_COPY_SOURCE_FAILED` when the source failed
 * @throws CopyMisusedError `SQL_COPY_MISUSED` when the text is no COPY … FROM STDIN
 * @throws SqlError as a transaction, with the server's word on a row that it refused
 */
export async function copyFrom(
  target: SqlPool | SqlConnection,
  text: string,
  source: CopySource,
  options: CopyFromOptions = {},
): Promise<CopyResult> {
  const reader = new SourceReader(source);
  try {
    check('copyFrom', target, text, options, 'in');
    return await target.transaction(async (tx) => {
      const restore = await liftTimeout(tx);
      const copying = exchange(tx, (on) => copyIn(wireOf(on), text, reader, on), options);
      copying.catch(() => reader.end());
      const end = await copying;
      if ('failure' in end) throw new CopySourceError(tx.node, end.failure);
      await restore();
      return { rowCount: end.rowCount, node: tx.node };
    }, options);
  } finally {
    reader.end();
  }
}

/**
 * Copies data out: `COPY … TO STDOUT`, as the bytes that the server sends. Nothing happens before the first piece is asked for. A
 * reader that is slow makes the server wait; one that leaves early, or whose signal aborts, has the copy cancelled there, and the
 * session is used again. On a router it runs on a replica, unless it copies a query that writes.
 *
 * The session's statement timeout does not hold here, since a slow reader is no slow statement: give `timeoutMs`.
 *
 * ```ts
 * await pipeline(copyTo(orders, 'COPY item TO STDOUT WITH (FORMAT csv)'), createWriteStream('items.csv'));
 * ```
 *
 * @throws CopyMisusedError `SQL_COPY_MISUSED` when the text is no COPY … TO STDOUT
 * @throws SqlError as a transaction
 */
export async function* copyTo(
  source: SqlPool | SqlConnection,
  text: string,
  options: CopyToOptions = {},
): AsyncGenerator<Buffer, void, undefined> {
  check('copyTo', source, text, options, 'out');
  const { timeoutMs, signal, label, access = accessOf(text) } = options;
  const began = systemEnv.scheduler.now();
  const leave = new AbortController();
  const onAbort = (): void => leave.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const reader = new CopyReader();
  const run = (connection: SqlConnection): Promise<void> =>
    connection.transaction(async (tx) => {
      const restore = await liftTimeout(tx);
      const left = timeoutMs && Math.max(0, timeoutMs - (systemEnv.scheduler.now() - began));
      const limits = { signal: leave.signal, ...(left !== undefined && { timeoutMs: left }) };
      const copying = exchange(tx, (on) => copyOut(wireOf(on), text, reader, on), limits);
      // Told at once, and not when the session is quiet again.
      copying.catch((error: unknown) => reader.fail(error));
      await copying;
      await restore();
    });
  const wait = { access, signal: leave.signal, ...given({ timeoutMs, label }) };
  const running = source instanceof SqlPool ? source.use(run, wait) : run(source);
  running.then(
    () => reader.end(),
    (error: unknown) => reader.fail(error),
  );
  try {
    yield* reader.read();
  } finally {
    signal?.removeEventListener('abort', onAbort);
    leave.abort(new Error('the reader has left'));
    reader.discard();
    // Whoever leaves early finds the session back; whoever was told an error need not wait for that.
    if (!reader.failed) await running.catch(() => {});
  }
}

function check(
  name: string,
  on: SqlPool | SqlConnection,
  text: string,
  options: CopyToOptions,
  direction: CopyDirection,
): void {
  const problems = new Problems();
  problems.unknown('', options, ['timeoutMs', 'signal', 'label', ...(direction === 'out' ? ['access'] : [])]);
  problems.duration('timeoutMs', options.timeoutMs);
  problems.type('signal', options.signal, 'object');
  problems.type('label', options.label, 'string');
  problems.oneOf('access', options.access, ['read', 'write']);
  problems.throwIfAny(name);
  if (copyDirection(text) === direction) return;
  const node = on instanceof SqlPool ? on.name : on.node;
  throw new CopyMisusedError(node, `${name} was given another statement.`, direction);
}

/** A table is read, a query may do anything. */
function accessOf(text: string): 'read' | 'write' {
  const query = copiedQuery(text);
  return query === undefined ? 'read' : classifier.classify(query).lane;
}

/** Until it is restored, the statements of a transaction may take as long as they like. */
async function liftTimeout(tx: SqlConnection): Promise<() => Promise<unknown>> {
  const { rows } = await tx.query<{ was: string }>(
    "SELECT current_setting('statement_timeout') AS was, set_config('statement_timeout', '0', true)",
  );
  return () => tx.query("SELECT set_config('statement_timeout', $1, true)", [rows[0]!.was]);
}

function wireOf({ session }: Exchange): Wire {
  if (session instanceof PostgresSession) return session.wire;
  throw new OptionsError('a COPY', ['the pool must be one of Postgres']);
}

import { resolve } from 'node:path';
import { Problems, type Env } from '@nest-pooling/core';
import {
  StatementClassifier,
  type Classification,
  type Fault,
  type FaultContext,
  type Lane,
  type NodeTarget,
  type Position,
  type SqlDriver,
} from '@nest-pooling/sql';
import { sqliteDialect } from './classify.js';
import { Connection } from './connection.js';
import { Courtesy } from './courtesy.js';
import { checkDriverOptions, type SqliteDriverOptions } from './driver-options.js';
import { SetupFailedError } from './errors.js';
import { sqliteFault } from './fault.js';
import { loadLibrary } from './library.js';
import { Patience } from './patience.js';
import { SqliteSession } from './session.js';
import { settingStatements } from './settings.js';

const LOCK_TIMEOUT_MS = 10_000;
const PREPARED_STATEMENTS = 200;
/** The path of a database in memory. */
export const MEMORY = ':memory:';

/**
 * SQLite, by `node:sqlite` or `libsql`. The target's `database` is a path, or `:memory:`: then all sessions of this driver share one
 * connection, which lives until {@link SqliteDriver.forget}.
 */
export class SqliteDriver implements SqlDriver {
  readonly dialect = 'sqlite';
  /** A statement runs in our own process, within the call: there is no wire, and nobody who could cancel it. */
  readonly can = { pipeline: false, cancel: false, positions: false };
  readonly #options: SqliteDriverOptions;
  readonly #classifier = new StatementClassifier(sqliteDialect);
  #memory: Connection | undefined;
  #courtesy: Courtesy | undefined;

  /** @throws OptionsError `OPTIONS_INVALID` that lists everything wrong with the options */
  constructor(options: SqliteDriverOptions = {}) {
    const problems = new Problems();
    checkDriverOptions(problems, '', options);
    problems.throwIfAny('SqliteDriver');
    this.#options = options;
  }

  /**
   * A session of the read lane refuses writes. A file is created where there is none, and brought into WAL mode.
   *
   * @throws what SQLite said; the signal's reason when it aborted; `DriverMissingError`
   */
  async connect(target: NodeTarget, lane: Lane, env: Env, signal: AbortSignal): Promise<SqliteSession> {
    const { library, settings = {}, lockTimeoutMs = LOCK_TIMEOUT_MS, onConnect } = this.#options;
    const { preparedStatements = PREPARED_STATEMENTS } = this.#options;
    const open = await loadLibrary(library);
    signal.throwIfAborted();
    const { id: node, database = MEMORY } = target;
    const shared = database === MEMORY;
    const connection = this.#connection(shared, () => ({
      node,
      path: shared ? MEMORY : resolve(database),
      open,
      settings: settingStatements(shared ? 'write' : lane, settings),
      classifier: this.#classifier,
      preparedStatements,
    }));
    const patience = new Patience(node, env, lockTimeoutMs);
    await untilOpen(connection, patience, signal);
    if (connection.stale && lane === 'write') connection.renew();
    const session = new SqliteSession({
      node,
      connection,
      shared,
      mayWrite: lane === 'write',
      courtesy: (this.#courtesy ??= new Courtesy(env.scheduler)),
      patience,
      // What is set up for all is set up once, by the one that is lent.
      onConnect: shared && lane !== 'write' ? undefined : onConnect,
    });
    try {
      await session.setUp();
      signal.throwIfAborted();
      if (session.state !== 'idle') throw new SetupFailedError(node);
    } catch (error) {
      session.destroy();
      throw error;
    }
    return session;
  }

  /** Closes the database in memory, if there is one: its data is gone. */
  forget(): void {
    this.#memory?.close();
    this.#memory = undefined;
  }

  /** See `StatementClassifier`. */
  classify(text: string): Classification {
    return this.#classifier.classify(text);
  }

  /** See `sqliteFault`. */
  fault(error: unknown, during: FaultContext): Fault {
    return sqliteFault(error, during);
  }

  /** There are no positions. */
  compare(_have: Position, _want: Position): 'incomparable' {
    return 'incomparable';
  }

  #connection(shared: boolean, options: () => ConstructorParameters<typeof Connection>[0]): Connection {
    return shared ? (this.#memory ??= new Connection(options())) : new Connection(options());
  }
}

/** Another program may be about to bring the file into WAL mode, or to recover it. */
async function untilOpen(connection: Connection, patience: Patience, signal: AbortSignal): Promise<void> {
  const onAbort = (): void => patience.end();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await patience.run(() => void connection.db);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

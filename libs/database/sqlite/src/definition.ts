import { fileURLToPath } from 'node:url';
import { defined, Problems, type Definition, type Env, type Managed } from '@nest-pooling/core';
import { checkSettings, poolSettingNames, type PoolSettings } from '@nest-pooling/pool';
import {
  checkSqlSettings,
  pickSqlSettings,
  sqlSettingNames,
  type SqlPool,
  type SqlSettings,
} from '@nest-pooling/sql';
import { MEMORY, SqliteDriver } from './driver.js';
import { checkDriverOptions, type SqliteDriverOptions } from './driver-options.js';
import { MemoryPool } from './memory-pool.js';
import { SqlitePool } from './sqlite-pool.js';

/** What a SQLite pool has, wherever its data is. */
export interface SqliteCommonOptions extends SqlSettings {
  /**
   * The pool of readers; the writer is one session beside them, and waits and lives as they do. `max` defaults to 4: statements run one at a
   * time in any case, so that more readers only serve more streams and reading transactions that stay open. Without a meaning in memory,
   * where there is one session.
   */
  readonly pool?: PoolSettings;
  /** Settings of every session: pragmas, how long to wait for locks, … */
  readonly session?: SqliteDriverOptions;
  /** Whether the application's start fails when the database cannot be opened. Default `true`. */
  readonly required?: boolean;
  /** How long the start waits, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** A SQLite pool over a file. */
export interface SqliteFileOptions extends SqliteCommonOptions {
  /** The path, or a `file:` URL; created when it is not there. Never on a network drive: WAL needs shared memory. */
  readonly file: string | URL;
  /** Not with a file. */
  readonly memory?: undefined;
}

/** A SQLite pool in memory. Its data lives as long as the pool. */
export interface SqliteMemoryOptions extends SqliteCommonOptions {
  /** The data is nowhere else. */
  readonly memory: true;
  /** Not in memory. */
  readonly file?: undefined;
}

/** Where the data is, and how the pool behaves. */
export type SqliteOptions = SqliteFileOptions | SqliteMemoryOptions;

const KNOWN = ['file', 'memory', 'pool', 'session', 'required', 'startTimeoutMs', ...sqlSettingNames];
const READERS = 4;

/**
 * Defines a pool over a SQLite database; its face is a {@link SqlPool}. Opens nothing; the options are checked when the pool is opened, all
 * problems at once.
 *
 * ```ts
 * sqlite({ file: 'data/analytics.db' })
 * sqlite({ memory: true })
 * ```
 *
 * A file is in WAL mode, with one session that writes and several that read. In memory all statements run on one connection, and a
 * transaction has it for itself until its end. A statement runs within the process and blocks it as long as it runs: it cannot be cancelled,
 * `timeoutMs` and `signal` end waiting (for a session, for another program's lock), and are looked at before a statement begins.
 */
export function sqlite(options: SqliteOptions): Definition<SqlPool> {
  return { kind: 'sqlite', open: (name, env) => open(name, options, env) };
}

function open(name: string, options: SqliteOptions, env: Env): Managed & { readonly face: SqlPool } {
  const path = check(name, options);
  const { session, pool = {}, required, startTimeoutMs } = options;
  const driver = new SqliteDriver(session);
  const target = {
    host: 'localhost',
    port: 0,
    database: path,
    proxied: false,
    credentials: () => Promise.resolve({ user: '' }),
  };
  const settings = pickSqlSettings(options);
  const shared = { name, driver, ...defined({ required, startTimeoutMs }) };
  if (path === MEMORY) {
    return new MemoryPool(
      { ...shared, ...settings, target: { ...target, id: `${name}.memory` }, pool: oneOf(pool) },
      env,
    );
  }
  const max = pool.max ?? (pool.preset === undefined ? Math.max(READERS, pool.min ?? 0) : undefined);
  const readers = { ...pool, ...defined({ max }) };
  return new SqlitePool({ ...shared, target, readers, writer: oneOf(pool), settings }, env);
}

/** The same pool with one session. */
function oneOf({ maxIdle: _, adaptive: __, ...pool }: PoolSettings): PoolSettings {
  return { ...pool, min: pool.min === 0 ? 0 : 1, max: 1, leasesPerResource: 1 };
}

/** Finds everything that is wrong before anything is built; answers the path. */
function check(
  name: string,
  options: Partial<Omit<SqliteFileOptions, 'memory'>> & { readonly memory?: true },
): string {
  const problems = new Problems();
  problems.unknown('', options, KNOWN);
  const { file, memory, pool = {}, session = {}, required, startTimeoutMs } = options;
  if (memory !== undefined && (memory as unknown) !== true) problems.add('memory', 'must be true');
  if (file !== undefined && memory !== undefined) problems.add('memory', 'is given beside a file');
  if (file === undefined && memory === undefined) problems.add('file', 'is missing (or memory: true)');
  const path = file === undefined ? MEMORY : pathOf(problems, file);
  problems.unknown('pool', pool, poolSettingNames);
  checkSettings(pool, problems, 'pool.');
  if ((pool.leasesPerResource ?? 1) !== 1) {
    problems.add(
      'pool.leasesPerResource',
      'must be 1: a session serves one at a time',
      pool.leasesPerResource,
    );
  }
  checkDriverOptions(problems, 'session', session);
  checkSqlSettings(options, problems);
  problems.type('required', required, 'boolean');
  problems.duration('startTimeoutMs', startTimeoutMs, { min: 1 });
  problems.throwIfAny(`the sqlite pool '${name}'`);
  return path;
}

function pathOf(problems: Problems, file: unknown): string {
  const isUrl = file instanceof URL || (typeof file === 'string' && /^[a-z][a-z\d+.-]+:/i.test(file));
  try {
    const path = isUrl ? fileURLToPath(file) : file;
    if (typeof path !== 'string' || path === '') problems.add('file', 'must be a path or a file: URL');
    else if (path.includes('\0')) problems.add('file', 'contains a NUL character');
    else return path;
  } catch {
    problems.add(
      'file',
      'must be a path or a file: URL without host and search (for :memory: say memory: true)',
    );
  }
  return '';
}

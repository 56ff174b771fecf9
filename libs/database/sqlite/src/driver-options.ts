import type { Problems } from '@nest-pooling/core';
import type { Library } from './database.js';
import type { SqliteSession } from './session.js';
import { checkSettings, type Settings } from './settings.js';

/** Options of `SqliteDriver`: they hold for every session it opens. */
export interface SqliteDriverOptions {
  /**
   * How long a statement waits for a lock that another program's connection holds, in milliseconds; `Infinity` for no limit. Default
   * 10,000. The wait does not block the event loop. Our own writers never meet: there is one session that writes.
   */
  readonly lockTimeoutMs?: number;
  /** Pragmas by name, for instance `{ synchronous: 'NORMAL', cache_size: -20000 }`. They survive a reset. Foreign keys are on. */
  readonly settings?: Settings;
  /**
   * Runs once per connection, before anybody gets it, and again after each reset, which has wiped what it did. For `ATTACH`, temporary
   * tables, …
   */
  readonly onConnect?: (session: SqliteSession) => Promise<void>;
  /** How many prepared statements a connection keeps. Default 200. */
  readonly preparedStatements?: number;
  /** Which package runs SQLite. Default: `node:sqlite` where this Node has it (22.16, 24 and later), else `libsql`. */
  readonly library?: Library;
}

const KNOWN: readonly (keyof SqliteDriverOptions)[] = [
  'lockTimeoutMs',
  'settings',
  'onConnect',
  'preparedStatements',
  'library',
];

/** Collects what is wrong with the options under `path`. */
export function checkDriverOptions(problems: Problems, path: string, options: SqliteDriverOptions): void {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  problems.unknown(path, options, KNOWN);
  problems.duration(at('lockTimeoutMs'), options.lockTimeoutMs, { infinite: true });
  problems.type(at('onConnect'), options.onConnect, 'function');
  problems.number(at('preparedStatements'), options.preparedStatements, { min: 1, integer: true });
  problems.oneOf(at('library'), options.library, ['node:sqlite', 'libsql']);
  problems.type(at('settings'), options.settings, 'object');
  if (typeof options.settings === 'object' && options.settings !== null) {
    checkSettings(problems, at('settings'), options.settings);
  }
}

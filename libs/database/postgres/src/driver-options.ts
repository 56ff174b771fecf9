import type { Problems } from '@nest-pooling/core';
import type { CustomTypesConfig } from 'pg';
import type { PostgresSession } from './session.js';
import { checkSettings, type Settings } from './settings.js';

/** Options of `PostgresDriver`: they hold for every session it opens. */
export interface PostgresDriverOptions {
  /**
   * The server ends a statement that runs longer, in milliseconds; `Infinity` for no limit. Default 60,000: long
   * enough for reports, short enough that a forgotten statement does not hold its locks for a day.
   */
  readonly statementTimeoutMs?: number;
  /** The server gives up waiting for a lock after this time; `Infinity` for no limit. Default 10,000. */
  readonly lockTimeoutMs?: number;
  /** The server ends a session that sits in a transaction without a statement for longer. Default: the server's own. */
  readonly idleInTransactionTimeoutMs?: number;
  /** The time zone of sessions. Default `UTC`: results then do not depend on where a server stands. */
  readonly timeZone?: string;
  /** Shown in `pg_stat_activity`. Default `nest-pooling <node> <lane>`, cut to 63 bytes. */
  readonly applicationName?: string;
  /** Further settings by name, for instance `{ search_path: 'orders, public' }`. They survive a reset. */
  readonly settings?: Settings;
  /**
   * Runs once per connection, before anybody gets it, and again after each reset, which has wiped what it set. For
   * what `settings` cannot do; a rejection fails the connect.
   */
  readonly onConnect?: (session: PostgresSession) => Promise<void>;
  /** Type parsers, as pg takes them. Default: pg's own. */
  readonly types?: CustomTypesConfig;
  /**
   * Statements given to one session without awaiting go out at once instead of one by one. Default `true`; never
   * behind a proxy. Turn it off for libraries that want to run cursors of their own on `PostgresSession.client`.
   */
  readonly pipeline?: boolean;
  /**
   * How many named statements a session keeps prepared; the one used least recently is closed for a new one. Default 256: each costs
   * the server memory in every session.
   */
  readonly preparedStatements?: number;
}

const KNOWN = [
  'statementTimeoutMs',
  'lockTimeoutMs',
  'idleInTransactionTimeoutMs',
  'timeZone',
  'applicationName',
  'settings',
  'onConnect',
  'types',
  'pipeline',
  'preparedStatements',
];

/** Collects what is wrong with driver options that stand at `path` of somebody's options. */
export function checkDriverOptions(problems: Problems, path: string, options: PostgresDriverOptions): void {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  problems.unknown(path, options, KNOWN);
  for (const name of ['statementTimeoutMs', 'lockTimeoutMs', 'idleInTransactionTimeoutMs'] as const) {
    problems.duration(at(name), options[name], { min: 1, infinite: true });
  }
  problems.type(at('timeZone'), options.timeZone, 'string');
  problems.type(at('applicationName'), options.applicationName, 'string');
  problems.type(at('onConnect'), options.onConnect, 'function');
  problems.type(at('types'), options.types, 'object');
  problems.type(at('pipeline'), options.pipeline, 'boolean');
  problems.number(at('preparedStatements'), options.preparedStatements, { min: 1, integer: true });
  problems.type(at('settings'), options.settings, 'object');
  if (typeof options.settings === 'object' && options.settings !== null) {
    checkSettings(problems, at('settings'), options.settings);
  }
  if (typeof options.timeZone === 'string')
    checkSettings(problems, at('timeZone'), { timezone: options.timeZone });
}

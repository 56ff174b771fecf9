import type { Problems } from '@nest-pooling/core';
import type { TypeCast } from 'mysql2';
import type { MysqlSession } from './session.js';
import { checkSettings, type Settings } from './settings.js';

/** How values of the server become values of JavaScript, as mysql2 has it. */
export interface MysqlTypes {
  /** Dates and times as texts instead of `Date`; an array names the types. Default `false`. */
  readonly dateStrings?: boolean | ('DATE' | 'DATETIME' | 'TIMESTAMP')[];
  /** DECIMAL as a number, which may lose digits, instead of a text. Default `false`. */
  readonly decimalNumbers?: boolean;
  /** BIGINT as a text always. Default `false`: only where a number could not hold it. */
  readonly bigNumberStrings?: boolean;
  /** JSON as a text instead of what it stands for. Default `false`. */
  readonly jsonStrings?: boolean;
  /** A function of one's own; see mysql2. */
  readonly typeCast?: TypeCast;
}

/** Options of `MysqlDriver`: they hold for every session it opens. */
export interface MysqlDriverOptions {
  /**
   * The server ends a statement that runs longer, in milliseconds; `Infinity` for no limit. Default 60,000: long
   * enough for reports, short enough that a forgotten statement does not hold its locks for a day. MySQL does so for SELECT alone; there, other
   * statements end with their session, 5 s later.
   */
  readonly statementTimeoutMs?: number;
  /** The server gives up waiting for a lock after this time, by whole seconds; `Infinity` for no limit. Default 10,000. */
  readonly lockTimeoutMs?: number;
  /**
   * The server ends a session that sits in a transaction without a statement for longer, by whole seconds. Default: the server's own. MariaDB only.
   */
  readonly idleInTransactionTimeoutMs?: number;
  /**
   * The time zone of sessions, as an offset (`+02:00`). Default `UTC`: results then do not depend on where a server stands. Dates are sent and
   * read by it, too.
   */
  readonly timeZone?: string;
  /** Shown among the attributes of the connection (`program_name`). Default `nest-pooling <node> <lane>`. */
  readonly applicationName?: string;
  /** Further settings by name, for instance `{ sql_mode: 'ANSI' }`. They survive a reset. */
  readonly settings?: Settings;
  /**
   * Runs once per connection, before anybody gets it, and again after each reset, which has wiped what it set. For
   * what `settings` cannot do; a rejection fails the connect.
   */
  readonly onConnect?: (session: MysqlSession) => Promise<void>;
  /** How values are read. */
  readonly types?: MysqlTypes;
  /** Whether the reads of several callers may be sent one behind the other. Default `true`; never behind a proxy. */
  readonly pipeline?: boolean;
  /**
   * How many statements a session keeps prepared; the one used least recently is closed for a new one. Default 256; servers
   * allow some 16,000 for all sessions together.
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
const TYPES = ['dateStrings', 'decimalNumbers', 'bigNumberStrings', 'jsonStrings', 'typeCast'];
const OFFSET = /^(UTC|Z|[+-](0\d|1[0-4]):[0-5]\d)$/;

/** Collects what is wrong with driver options that stand at `path` of somebody's options. */
export function checkDriverOptions(problems: Problems, path: string, options: MysqlDriverOptions): void {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  problems.unknown(path, options, KNOWN);
  for (const name of ['statementTimeoutMs', 'lockTimeoutMs', 'idleInTransactionTimeoutMs'] as const) {
    problems.duration(at(name), options[name], { min: 1, infinite: true });
  }
  const { timeZone, types, settings } = options;
  problems.type(at('timeZone'), timeZone, 'string');
  if (typeof timeZone === 'string' && !OFFSET.test(timeZone)) {
    problems.add(at('timeZone'), 'must be UTC or an offset such as +02:00', timeZone);
  }
  problems.type(at('applicationName'), options.applicationName, 'string');
  problems.type(at('onConnect'), options.onConnect, 'function');
  problems.type(at('types'), types, 'object');
  if (typeof types === 'object' && types !== null) problems.unknown(at('types'), types, TYPES);
  problems.type(at('pipeline'), options.pipeline, 'boolean');
  problems.number(at('preparedStatements'), options.preparedStatements, { min: 1, integer: true });
  problems.type(at('settings'), settings, 'object');
  if (typeof settings === 'object' && settings !== null) checkSettings(problems, at('settings'), settings);
}

/** The offset of a time zone, as the server and mysql2 write it. */
export function offsetOf({ timeZone = 'UTC' }: MysqlDriverOptions): string {
  return timeZone === 'UTC' || timeZone === 'Z' ? '+00:00' : timeZone;
}

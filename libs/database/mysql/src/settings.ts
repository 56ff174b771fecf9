import type { Problems } from '@nest-pooling/core';
import type { Flavour } from './statements.js';

/** Settings of a session, by their names in the server, as texts. */
export type Settings = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/;
const NUMBER = /^-?\d+(\.\d+)?$/;
/** What the server takes at most where it has no word for "no limit", in seconds. */
const LONGEST_LOCK_S = 1_073_741_824;
const LONGEST_METADATA_LOCK_S = 31_536_000;

/** Checks names and values; values are not shown. */
export function checkSettings(problems: Problems, path: string, settings: Settings): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!NAME.test(name)) problems.add(path, 'has a name that is no setting of the server', name);
    else if (typeof value !== 'string') problems.add(`${path}.${name}`, 'must be a string', typeof value);
    else if (value.includes('\0')) problems.add(`${path}.${name}`, 'must not contain a NUL character');
  }
}

/** The limits of a session, in milliseconds; `Infinity` for none. */
export interface Limits {
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly idleInTransactionTimeoutMs: number | undefined;
}

/** The limits by the names of a server. It waits for locks by whole seconds. */
export function limitSettings(flavour: Flavour, limits: Limits): Settings {
  const lock = Math.ceil(limits.lockTimeoutMs / 1_000);
  return {
    ...statementLimit(flavour, limits.statementTimeoutMs),
    innodb_lock_wait_timeout: String(Math.min(lock, LONGEST_LOCK_S)),
    // Of tables that are altered.
    lock_wait_timeout: String(Math.min(lock, LONGEST_METADATA_LOCK_S)),
    ...(flavour === 'mariadb' && limits.idleInTransactionTimeoutMs !== undefined
      ? { idle_transaction_timeout: idleSeconds(limits.idleInTransactionTimeoutMs) }
      : {}),
  };
}

/** How long a statement may run. On MySQL that holds for SELECT alone. */
export function statementLimit(flavour: Flavour, ms: number): Settings {
  return flavour === 'mariadb'
    ? { max_statement_time: ms === Infinity ? '0' : String(ms / 1_000) }
    : { max_execution_time: ms === Infinity ? '0' : String(Math.ceil(ms)) };
}

/** All settings as one statement. The character set too: a reset gives back the server's own. */
export function settingsStatement(settings: Settings): string {
  const list = Object.entries(settings).map(([name, value]) => `${name} = ${literal(value)}`);
  return `SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci${list.map((one) => `, ${one}`).join('')}`;
}

/** A value as the server reads it; it takes no quotes around numbers. */
export function literal(value: string): string {
  return NUMBER.test(value) ? value : `'${value.replaceAll('\\', String.raw`\\`).replaceAll("'", "''")}'`;
}

function idleSeconds(ms: number): string {
  return ms === Infinity ? '0' : String(Math.ceil(ms / 1_000));
}

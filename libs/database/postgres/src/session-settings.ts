import type { Lane } from '@nest-pooling/sql';
import type { PgStatement } from './wire-query.js';
import { joinSettings, settingsStatement, startupOptions, type Settings } from './settings.js';

/**
 * What stands between us and the server: nothing; something that gives each connection a server of its own (HAProxy, a
 * cluster endpoint, pgbouncer in session mode); or a pooler that may give each transaction another server.
 */
export type Proxy = 'none' | 'session' | 'transaction';

/** How the settings of a session get to the server. */
export interface SessionSettings {
  /** Further parameters of the startup message. */
  readonly startup: Settings;
  /** A statement that is sent right after connecting; '' for none. */
  readonly connect: string;
  /** A statement that follows each BEGIN; '' for none. */
  readonly begin: string;
  /** A statement that follows RESET ALL; '' for none. */
  readonly reset: string;
}

/**
 * What the server reports whenever it changes, and poolers therefore carry from server to server for each client. All
 * others would be left behind on a server that somebody else uses next.
 */
const CARRIED = new Set([
  'application_name',
  'client_encoding',
  'datestyle',
  'standard_conforming_strings',
  'timezone',
]);

/** Whether a pooler keeps a setting with its client. */
export function isCarried(setting: string): boolean {
  return CARRIED.has(setting.toLowerCase());
}

/**
 * Spreads settings over the ways that exist. Without a proxy they all travel with the connection, and are what RESET ALL
 * returns to. Proxies refuse `options`, so that what they carry goes in parameters of its own, and the rest by statement:
 * for the session where it keeps its server, else for each transaction, since a session's setting would stay on a
 * server that belongs to somebody else a moment later. Single statements then run with the server's own settings.
 */
export function sessionSettings(
  settings: Settings,
  applicationName: string,
  lane: Lane,
  proxy: Proxy,
): SessionSettings {
  if (proxy === 'none')
    return { startup: { options: startupOptions(settings) }, connect: '', begin: '', reset: '' };
  const entries = Object.entries(settings);
  const startup = Object.fromEntries(entries.filter(([name]) => isCarried(name)));
  const rest = Object.fromEntries(entries.filter(([name]) => !isCarried(name)));
  // RESET ALL of a pooler's client returns to what that server began with, for the name too.
  const carried = { ...startup, application_name: applicationName };
  if (proxy === 'session') {
    return {
      startup,
      connect: settingsStatement(rest, 'session'),
      begin: '',
      reset: settingsStatement(joinSettings(carried, rest), 'session'),
    };
  }
  // The default for transactions comes too late for the one that has begun.
  const begun = lane === 'read' ? { ...rest, transaction_read_only: 'on' } : rest;
  return {
    startup,
    // For one statement only: a name or value that the server does not take is found out at once.
    connect: settingsStatement(rest, 'transaction'),
    begin: settingsStatement(begun, 'transaction'),
    reset: settingsStatement(carried, 'session'),
  };
}

/** A transaction begins, and nothing else. */
const BEGIN = /^\s*(BEGIN|START\s+TRANSACTION)\b[^;]*$/i;

/** A statement that begins a transaction, with what has to follow. */
export function withBegin(statement: PgStatement, begin: string): PgStatement {
  return BEGIN.test(statement.text) ? { text: `${statement.text}; ${begin}` } : statement;
}

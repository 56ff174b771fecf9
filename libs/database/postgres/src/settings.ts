import type { Problems } from '@nest-pooling/core';
import type { Lane } from '@nest-pooling/sql';

/** Settings of a session, by their names in Postgres, as texts. */
export type Settings = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/;

/** What a server keeps of `application_name`, in bytes (NAMEDATALEN - 1). */
const LONGEST_NAME = 63;

/** Checks names and values; values are not shown, since a custom setting may hold a secret. */
export function checkSettings(problems: Problems, path: string, settings: Settings): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!NAME.test(name)) problems.add(path, 'has a name that is no setting of Postgres', name);
    else if (typeof value !== 'string') problems.add(`${path}.${name}`, 'must be a string', typeof value);
    else if (value.includes('\0')) problems.add(`${path}.${name}`, 'must not contain a NUL character');
  }
}

/** Joins settings; later ones win, and names are the same whatever their case. */
export function joinSettings(...all: readonly Settings[]): Settings {
  const joined: Record<string, string> = {};
  for (const settings of all) {
    for (const [name, value] of Object.entries(settings)) joined[name.toLowerCase()] = value;
  }
  return joined;
}

/**
 * Settings as the startup parameter `options`. What comes this way is the session's default: RESET ALL and
 * DISCARD ALL return to it. The server splits at white space, and a backslash takes the next character as it is.
 */
export function startupOptions(settings: Settings): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, String.raw`\$&`)}`)
    .join(' ');
}

/**
 * Settings as one statement, for proxies that refuse `options`. By set_config and not by SET, because it takes lists
 * (`search_path`) as they are written.
 */
export function settingsStatement(settings: Settings, until: 'session' | 'transaction'): string {
  const local = until === 'transaction';
  const calls = Object.entries(settings).map(
    ([name, value]) => `set_config(${literal(name)}, ${literal(value)}, ${local})`,
  );
  return calls.length === 0 ? '' : `SELECT ${calls.join(', ')}`;
}

/** `nest-pooling orders.replica-1 read`, cut to what the server keeps; printable ASCII only, as it wants it. */
export function applicationName(given: string | undefined, node: string, lane: Lane): string {
  const name = given ?? `nest-pooling ${node} ${lane}`;
  return name.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, LONGEST_NAME);
}

function literal(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', String.raw`\\`)}` : quoted;
}

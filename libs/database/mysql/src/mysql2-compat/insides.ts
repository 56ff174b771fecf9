import mysql2, { type Connection, type PoolConnection, type PoolOptions, type QueryOptions } from 'mysql2';
import type { Packet } from '../connection.js';

/** Hears the end of a command. */
export type Told = (error: unknown, rows?: unknown, fields?: unknown) => void;

/** A command of mysql2, as far as it is looked at. Given a callback it gathers its rows, else it emits them. */
export interface Command {
  sql: string;
  values?: unknown;
  namedPlaceholders?: unknown;
  onResult?: Told | undefined;
  /** What it runs on: a stream that is made of the command holds this up. */
  _connection?: unknown;
  readonly _queryOptions?: QueryOptions & { readonly infileStreamFactory?: unknown };
  /** Rows of each of its results, or the header of one without rows. */
  readonly _rows?: readonly unknown[];
  on(event: string, listener: (...args: never[]) => void): this;
  once(event: string, listener: (...args: never[]) => void): this;
  emit(event: string, ...args: unknown[]): boolean;
  listenerCount(event: string): number;
}

/** The configuration of a pool of mysql2, with its defaults. */
export interface FullPoolConfig {
  readonly connectionConfig: FullConfig;
  readonly connectionLimit: number;
  readonly maxIdle: number;
  readonly idleTimeout: number;
  readonly queueLimit: number;
  readonly waitForConnections: boolean;
  readonly resetOnRelease: boolean;
}

/** The configuration of a connection of mysql2, as far as it is looked at. */
export interface FullConfig {
  pool?: unknown;
  readonly namedPlaceholders: boolean;
  readonly rowsAsArray: boolean;
}

/**
 * The parts of a connection that mysql2's own pool and its users work with, and that are stable in mysql2 3, but not in its
 * types.
 */
export interface Insides {
  _command?: Command | null | undefined;
  readonly _commands: { readonly length: number; shift(): Command | undefined };
  readonly _fatalError?: Error | null;
  readonly _protocolError?: Error | null;
  readonly _closing?: boolean;
  readonly stream: { readonly destroyed: boolean; destroy(): void };
  handlePacket(packet: Packet | undefined): void;
  write(buffer: Buffer): void;
  addCommand(command: Command): Command;
  query(command: Command): Command;
  execute(options: unknown, values: unknown, callback?: Told): Command;
}

/** Those of a connection that belongs to a pool. */
export interface PoolInsides extends Insides {
  _pool: unknown;
  _released: boolean;
  _realEnd(callback?: () => void): unknown;
}

type Classes = {
  readonly Pool: { readonly prototype: object };
  readonly PoolConnection: {
    new (pool: unknown, options: object): PoolConnection;
    readonly prototype: object;
  };
  createQuery(sql: unknown, values: unknown, callback: unknown, config: object): Command;
};

/** The classes of mysql2, which its types know as interfaces alone. */
export const classes = mysql2 as unknown as Classes;

/** What mysql2's types leave out of a connection. */
export const insides = (connection: object): Insides => connection as Insides;

/** What mysql2's types leave out of a connection of a pool. */
export const poolInsides = (connection: object): PoolInsides => connection as PoolInsides;

/** Makes a command of what `query` takes. It is not bound to a connection. */
export function commandOf(sql: unknown, values: unknown, callback: unknown, config: object): Command {
  return classes.createQuery(sql, values, callback, config);
}

const Query = commandOf('', undefined, undefined, {}).constructor;

/** Whether `query` was given a command that was made before. */
export function isCommand(given: unknown): given is Command {
  return given instanceof Query;
}

/** The configuration that mysql2 makes of options: it has no other way to ask for it. Connects to nothing. */
export function configOf(options: PoolOptions): FullPoolConfig {
  // A pool that keeps fewer idle connections than it has begins to look after them.
  const theirs = mysql2.createPool(options);
  theirs.end(() => {});
  return theirs.config as unknown as FullPoolConfig;
}

/** Whether a connection can take no statement any more. */
export function isDead(connection: Connection): boolean {
  const { _fatalError, _protocolError, _closing, stream } = insides(connection);
  return Boolean(_fatalError ?? _protocolError ?? _closing) || stream.destroyed;
}

/** Whether a connection waits for no answer. */
export function isQuiet(connection: Connection): boolean {
  const { _command, _commands } = insides(connection);
  return !_command && _commands.length === 0;
}

/** Cuts the connection, whatever the server does. */
export function cut(connection: Connection): void {
  insides(connection).stream.destroy();
}

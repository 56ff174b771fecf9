import type { Definition } from '@nest-pooling/core';
import type { PoolSettings } from '@nest-pooling/pool';
import type { SqlPool } from '../sql-pool.js';
import type { SqlSettings } from '../sql-settings.js';

/** What a pool of any kind of SQL server can be told besides its URLs. What one kind alone has is told to its own function. */
export interface UrlPoolOptions extends SqlSettings {
  /** The pool of each node. */
  readonly pool?: PoolSettings;
  /** The server ends a statement that runs longer, in milliseconds; `Infinity` for no limit. Default: the driver's (60,000). */
  readonly statementTimeoutMs?: number;
  /** The server gives up waiting for a lock after this time, in milliseconds. Default: the driver's (10,000). */
  readonly lockTimeoutMs?: number;
  /** A pooler or a cluster endpoint answers at the URLs. Default `false`. */
  readonly proxied?: boolean;
  /** Whether the application's start fails when no node answers. Default `true`. */
  readonly required?: boolean;
  /** How long the start waits for a first answer, in milliseconds. Default 10,000. */
  readonly startTimeoutMs?: number;
}

/** Where the servers are. */
export interface PoolUrls {
  /** The primary. */
  readonly url: string;
  /** The replicas; without a list the pool is one of a single server. */
  readonly replicas?: readonly string[];
}

/**
 * What a driver's package offers, so that pools can be made from URLs without anybody choosing by kind: the protocols that are its, and
 * how to define a pool. This room knows no driver; whoever calls {@link fromUrl} passes those that the application has.
 */
export interface SqlDialectEntry {
  /** Protocols in lower case, with their colon: `postgres:`. */
  readonly protocols: readonly string[];
  /** Defines a pool; connects to nothing. What is wrong with the options is told when the pool is opened. */
  define(urls: PoolUrls, options: UrlPoolOptions): Definition<SqlPool>;
}

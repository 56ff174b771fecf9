import type { Env } from '@nest-pooling/core';

/** What a `Wire` needs to know besides its connection. */
export interface WireOptions {
  /** The node's name, for messages. */
  readonly node: string;
  readonly env: Env;
  /** How many prepared statements the connection keeps. */
  readonly maxPrepared: number;
}

/** A bit of the server's status: a transaction is open. */
export const IN_TRANSACTION = 1;
/** Another: a backslash in a text is only that. */
export const NO_BACKSLASH_ESCAPES = 512;

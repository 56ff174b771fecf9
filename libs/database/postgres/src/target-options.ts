import type { ConnectionOptions } from 'node:tls';
import type { CredentialsRequest, NodeTarget } from '@nest-pooling/sql';
import type { Address } from './host-list.js';
import type { TargetSessionAttrs } from './session-attrs.js';
import type { Proxy } from './session-settings.js';

/** Where a node is and how to log in: a URL, or its parts. Parts that are given beside a URL must not contradict it. */
export interface PostgresNodeOptions {
  /**
   * `postgres://user:password@host:port/database`, percent-encoded. Takes `sslmode` (`disable`, `require`, `verify-ca`,
   * `verify-full`), `sslrootcert`, `sslcert`, `sslkey`, `host` (a socket's folder), `application_name`, `channel_binding`, and for
   * several hosts `target_session_attrs`, `load_balance_hosts` and `connect_timeout`.
   */
  readonly url?: string;
  /** A name, an address, or the folder of a unix socket. Default `localhost`. */
  readonly host?: string;
  /** Default 5432. */
  readonly port?: number;
  /**
   * Several servers that are one node, for instance a primary and who may become it: `['a:5432', 'b']`. They are tried in this order
   * (see `loadBalanceHosts`) until one answers that is what `targetSessionAttrs` wants; one that has failed comes last for a while.
   * In a URL: `postgres://user@a:5432,b/database?target_session_attrs=read-write`.
   */
  readonly hosts?: readonly string[];
  /**
   * Which of the servers is wanted, as libpq has it: `any` (the default), `read-write`, `read-only`, `primary`, `standby`,
   * `prefer-standby`. With a single host it is checked, too.
   */
  readonly targetSessionAttrs?: TargetSessionAttrs;
  /** Tries the hosts in an order that chance decides anew for each connection. Default `false`. */
  readonly loadBalanceHosts?: boolean;
  /** How long one of several hosts is waited for, in milliseconds; the last one as long as the pool waits. Default 2,000. */
  readonly hostTimeoutMs?: number;
  /** Default: the user's name, as the server has it. */
  readonly database?: string;
  /** Required, here or in the URL. */
  readonly user?: string;
  /**
   * A function is asked at every connect: for tokens that expire. When the server refuses what it gave, it is asked once more at
   * once, with `{ refused: true }`, and what is new is tried. Default: none, then `PGPASSWORD` or `~/.pgpass`.
   */
  readonly password?: string | ((request: CredentialsRequest) => string | Promise<string>);
  /** `true` checks the server's certificate; an object goes to `tls.connect`; a function is asked at every connect. */
  readonly tls?:
    | boolean
    | ConnectionOptions
    | ((request: CredentialsRequest) => ConnectionOptions | Promise<ConnectionOptions>);
  /**
   * A proxy or a cluster endpoint answers here, and not one server: no tokens, no fencing, no pipelining and no named
   * statements.
   *
   * - `true`: a pooler that may give each transaction another server (pgbouncer's transaction mode). What would stay on a
   *   server that others use next is set for each transaction anew; single statements run with the settings that the
   *   server has for the user (`ALTER ROLE … SET statement_timeout = '60s'`). `onConnect` and `settings` are refused,
   *   except for those that poolers carry along (`datestyle`, `timezone`, …).
   * - `'session'`: each connection keeps its server (HAProxy, a cluster endpoint, pgbouncer's session mode): settings go
   *   by statement, once.
   *
   * Default `false`.
   */
  readonly proxied?: boolean | 'session';
}

/** A node's address, with what Postgres needs besides. */
export interface PostgresTarget extends NodeTarget {
  /** From the URL; goes before the driver's own option. */
  readonly applicationName: string | undefined;
  /** All addresses of the node; `host` and `port` are the first. */
  readonly hosts: readonly Address[];
  /** Which of them is wanted. */
  readonly sessionAttrs: TargetSessionAttrs;
  /** Chance decides the order. */
  readonly loadBalanceHosts: boolean;
  /** How long each but the last is waited for. */
  readonly hostTimeoutMs: number;
  /** What stands before the server. */
  readonly proxy: Proxy;
  /** Binds the login to the TLS channel where the server offers it (SCRAM-SHA-256-PLUS). */
  readonly channelBinding: boolean;
}

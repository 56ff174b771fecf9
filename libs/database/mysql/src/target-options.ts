import type { ConnectionOptions } from 'node:tls';
import type { CredentialsRequest } from '@nest-pooling/sql';

/** Where a node is and how to log in: a URL, or its parts. Parts that are given beside a URL must not contradict it. */
export interface MysqlNodeOptions {
  /**
   * `mysql://user:password@host:port/database` or `mariadb://…`, percent-encoded. Takes `ssl-mode` (`disabled`, `required`, `verify_ca`,
   * `verify_identity`; also as `sslmode` with the words of Postgres), `ssl-ca`, `ssl-cert`, `ssl-key` and `socket` (a socket file).
   */
  readonly url?: string;
  /** A name, an address, or the path of a socket file. Default `localhost`. */
  readonly host?: string;
  /** Default 3306. */
  readonly port?: number;
  /** Default: none. */
  readonly database?: string;
  /** Required, here or in the URL. */
  readonly user?: string;
  /**
   * A function is asked at every connect: for tokens that expire. When the server refuses what it gave, it is asked once more at
   * once, with `{ refused: true }`, and what is new is tried. Default: none.
   */
  readonly password?: string | ((request: CredentialsRequest) => string | Promise<string>);
  /**
   * `true` checks the server's certificate, and its name where the host is one; an object gives `ca`, `cert`, `key`, `passphrase`,
   * `ciphers`, `minVersion`, `maxVersion`, `rejectUnauthorized` of `tls.connect` (mysql2 knows no others; a `checkServerIdentity` only
   * turns the check of the name off); a function is asked at every connect.
   */
  readonly tls?:
    | boolean
    | ConnectionOptions
    | ((request: CredentialsRequest) => ConnectionOptions | Promise<ConnectionOptions>);
  /**
   * A proxy or a cluster endpoint answers here, and not one server: no tokens and no fencing, no session is shared (`multiplex: false`), and a
   * cancelled statement costs its session. For RDS Proxy, MaxScale and ProxySQL: they hand statements to whatever server connection is free, so
   * that what a shared session has set holds for others or is lost, and they promise nothing about statements that are sent ahead of others'
   * answers. For a cluster endpoint such as Aurora's: another server may answer next time. Default `false`.
   */
  readonly proxied?: boolean | 'session';
}

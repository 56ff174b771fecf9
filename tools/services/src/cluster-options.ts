import {
  type CommonClusterOptions,
  type ResolvedCommonOptions,
  commonDefaults,
  commonProblems,
  refuse,
} from './option-checks.js';

/** What kind of cluster is wanted. */
export interface PostgresClusterOptions extends CommonClusterOptions {
  /** Database that the nodes' `url` names; made when it does not exist. Default `postgres`. */
  readonly database?: string;
  /** `max_connections` of every node, at least 10; default 100. */
  readonly maxConnections?: number;
  /**
   * Lines for every node's `pg_hba.conf`, before those that let everybody in from loopback: for instance
   * `host all app 127.0.0.1/32 scram-sha-256`. The users themselves are made by SQL.
   */
  readonly hba?: readonly string[];
  /** Whether the servers offer TLS, with certificates made by openssl: see `PostgresCluster.certificates`. Default false. */
  readonly tls?: boolean;
}

/** The options with defaults filled in. */
export interface ResolvedClusterOptions extends ResolvedCommonOptions {
  readonly database: string;
  readonly hba: readonly string[];
  readonly tls: boolean;
}

/** Settings that the cluster depends on. */
const RESERVED = [
  'port',
  'listen_addresses',
  'cluster_name',
  'unix_socket_directories',
  'max_connections',
  'hot_standby',
];

/**
 * Checks the options and fills in the defaults.
 * @throws ServicesError `SERVICES_OPTIONS` with every problem, as `path: what is wrong (got …)`.
 */
export function resolveOptions(options: PostgresClusterOptions): ResolvedClusterOptions {
  const resolved = {
    ...commonDefaults(options, 100),
    database: options.database ?? 'postgres',
    hba: options.hba ?? [],
    tls: options.tls ?? false,
  };
  const problems = commonProblems(options, resolved, RESERVED);
  for (const [at, line] of resolved.hba.entries()) {
    if (!/^(local|host|hostssl|hostnossl)\s[^\r\n\0]*$/.test(line)) {
      problems.push(`hba[${at}]: is no line of pg_hba.conf (got ${JSON.stringify(line)})`);
    }
  }
  const name = databaseProblem(resolved.database);
  if (name !== undefined) problems.push(`database: ${name}`);
  refuse('a Postgres cluster', problems);
  return resolved;
}

/** What is wrong with the name of a database, or undefined. */
export function databaseProblem(name: unknown): string | undefined {
  // Postgres cuts longer names off silently, and two of them could become one.
  if (typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= 63 && !name.includes('\0'))
    return undefined;
  return `must be a name of 1 to 63 bytes (got ${JSON.stringify(name)})`;
}

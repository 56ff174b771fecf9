import {
  type CommonClusterOptions,
  type ResolvedCommonOptions,
  commonDefaults,
  commonProblems,
  refuse,
} from './option-checks.js';

/** What kind of cluster is wanted. */
export interface MariadbClusterOptions extends CommonClusterOptions {
  /** Database that the nodes' `url` names; made when it does not exist. Default `app`. */
  readonly database?: string;
  /** User that the nodes' `url` names, who may do everything with data and nothing with the servers. Default `app`. */
  readonly user?: string;
  /** Password of that user; default `app-secret`. */
  readonly password?: string;
  /** `max_connections` of every node, at least 10; default 300. */
  readonly maxConnections?: number;
  /** Whether the servers offer TLS, with certificates made by openssl: see `certificates` of the cluster. Default false. */
  readonly tls?: boolean;
}

/** The options with defaults filled in. */
export interface ResolvedMariadbOptions extends ResolvedCommonOptions {
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: boolean;
}

/** Settings that the cluster depends on. */
const RESERVED = [
  'port',
  'bind_address',
  'datadir',
  'socket',
  'pid_file',
  'server_id',
  'gtid_domain_id',
  'gtid_strict_mode',
  'log_bin',
  'log_slave_updates',
  'log_error',
  'max_connections',
  'read_only',
  'skip_name_resolve',
  'skip_slave_start',
];

/**
 * Checks the options and fills in the defaults.
 * @throws ServicesError `SERVICES_OPTIONS` with every problem, as `path: what is wrong (got …)`.
 */
export function resolveMariadbOptions(options: MariadbClusterOptions): ResolvedMariadbOptions {
  const resolved = {
    ...commonDefaults(options, 300),
    database: options.database ?? 'app',
    user: options.user ?? 'app',
    password: options.password ?? 'app-secret',
    tls: options.tls ?? false,
  };
  const problems = commonProblems(options, resolved, RESERVED.concat(RESERVED.map(dashed)));
  const name = mariadbNameProblem(resolved.database);
  if (name !== undefined) problems.push(`database: ${name}`);
  if (typeof resolved.user !== 'string' || resolved.user === '' || resolved.user.length > 80) {
    problems.push(`user: must be a name of 1 to 80 characters (got ${JSON.stringify(resolved.user)})`);
  } else if (['root', 'replication', 'mariadb.sys'].includes(resolved.user)) {
    problems.push(`user: ${resolved.user} belongs to the cluster`);
  }
  if (typeof resolved.password !== 'string') problems.push('password: must be a text');
  refuse('a MariaDB cluster', problems);
  return resolved;
}

const dashed = (name: string) => name.replaceAll('_', '-');

/** What is wrong with the name of a database, or undefined. */
export function mariadbNameProblem(name: unknown): string | undefined {
  if (typeof name === 'string' && /^[^\0]{1,64}$/su.test(name) && !name.endsWith(' ')) return undefined;
  return `must be a name of 1 to 64 characters (got ${JSON.stringify(name)})`;
}

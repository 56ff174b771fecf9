import type { Lane } from '@nest-pooling/sql';

/** The two servers that speak this protocol. They differ in replication, and in the names of limits. */
export type Flavour = 'mariadb' | 'mysql';

/** Which of them has answered, by the version that it gives. */
export function flavourOf(version: string): Flavour {
  return /mariadb/i.test(version) ? 'mariadb' : 'mysql';
}

const PLAIN = '@@version AS version, @@global.read_only AS read_only';
/** MariaDB counts transactions per domain; MySQL's sets name their servers, so that they mean the same everywhere. */
const IDENTITY: Readonly<Record<Flavour, string>> = {
  mariadb: `${PLAIN}, @@global.gtid_domain_id AS domain, @@global.gtid_current_pos AS at, @@global.innodb_rollback_on_timeout AS whole`,
  mysql: `${PLAIN}, @@global.gtid_mode AS domain, @@global.gtid_executed AS at, @@global.innodb_rollback_on_timeout AS whole`,
};

/** Who answers, and where its log is. `full` is false behind a proxy, where another server may answer next time. */
export function identityStatement(flavour: Flavour, full: boolean): string {
  return `SELECT ${full ? IDENTITY[flavour] : PLAIN}`;
}

/** What {@link identityStatement} answers. */
export interface IdentityRow {
  readonly version: string;
  readonly read_only: number | string;
  readonly domain?: number | string | null;
  readonly at?: string | null;
  readonly whole?: number | string | null;
}

/** How a replica tells of itself; older servers know the older words only. */
export function replicaStatement(flavour: Flavour, version: string): string {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  const modern = major > 8 || (major === 8 && (minor > 0 || patch >= 22));
  return flavour === 'mysql' && modern ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS';
}

/** Where the log is now. */
export function positionStatement(flavour: Flavour): string {
  return flavour === 'mariadb'
    ? 'SELECT @@global.gtid_current_pos AS at, @@global.read_only AS read_only'
    : 'SELECT @@global.gtid_executed AS at, @@global.read_only AS read_only';
}

/** Makes a misjudged write on the read lane an error (1792) instead of a write. */
export const READ_ONLY_STATEMENT = 'SET SESSION TRANSACTION READ ONLY';

/** Whether sessions of a lane refuse writes. */
export function refusesWrites(lane: Lane): boolean {
  return lane === 'read';
}

import type { Certificates } from './certificates.js';
import { ServicesError } from './errors.js';
import type { MariadbNode } from './mariadb-node.js';
import { mariadbNameProblem } from './mariadb-options.js';
import { currentGtid, receivedCount, untilFollowing, untilReplayed } from './mariadb-replication.js';
import { mariadbSql, withMariadb } from './mariadb-sql.js';
import { type ClusterParts, ServerCluster } from './server-cluster.js';

/** What a MariaDB cluster is made from. */
export interface MariadbParts extends ClusterParts<MariadbNode> {
  readonly certificates: Certificates | undefined;
}

/** All that a user may do with data, and look at replication; not a thing that belongs to the server's administrator. */
const RIGHTS = [
  'SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, REFERENCES, INDEX, ALTER, CREATE TEMPORARY TABLES, LOCK TABLES',
  'EXECUTE, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT, TRIGGER, PROCESS',
  'BINLOG MONITOR, SLAVE MONITOR',
].join(', ');

/** A real MariaDB primary and its GTID replicas. */
export class MariadbCluster extends ServerCluster<MariadbNode> {
  readonly #certificates: Certificates | undefined;

  /** @internal */
  constructor(parts: MariadbParts) {
    super(parts);
    this.#certificates = parts.certificates;
  }

  /**
   * The files with which clients check the servers when the cluster was started with `tls`.
   * @throws ServicesError `SERVICES_STATE` when it was not.
   */
  get certificates(): Certificates {
    if (this.#certificates !== undefined) return this.#certificates;
    throw new ServicesError('SERVICES_STATE', 'The cluster has no certificates: start it with tls: true.');
  }

  override async createDatabase(name: string): Promise<string> {
    const problem = mariadbNameProblem(name);
    if (problem !== undefined) throw new ServicesError('SERVICES_OPTIONS', `Name of a database: ${problem}.`);
    await mariadbSql(this.primary, `CREATE DATABASE IF NOT EXISTS \`${name.replaceAll('`', '``')}\``);
    await this.waitForReplication();
    return this.primary.urlOf(name);
  }

  /** Makes a user on the primary who may do everything with data and nothing with the servers. @internal */
  async createUser(user: string, password: string): Promise<void> {
    await withMariadb(this.primary, async (run) => {
      await run(`CREATE USER IF NOT EXISTS ?@'%' IDENTIFIED BY ?`, [user, password]);
      await run(`GRANT ${RIGHTS} ON *.* TO ?@'%'`, [user]);
    });
  }

  override async waitForReplication(timeoutMs = 10_000): Promise<void> {
    const gtid = await currentGtid(this.primary);
    await Promise.all(this.liveFollowers().map((node) => untilReplayed(node, gtid, timeoutMs)));
  }

  override async waitForStreaming(timeoutMs = 10_000): Promise<void> {
    const { primary } = this;
    await Promise.all(this.liveFollowers().map((node) => untilFollowing(node, primary, timeoutMs)));
  }

  protected override received(node: MariadbNode): Promise<bigint> {
    return receivedCount(node);
  }
}

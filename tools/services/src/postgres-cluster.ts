import type { Certificates } from './certificates.js';
import { databaseProblem } from './cluster-options.js';
import { ServicesError, codeOf } from './errors.js';
import type { PostgresNode } from './postgres-node.js';
import { currentLsn, receivedBytes, untilReplayed, untilStreaming } from './replication.js';
import { type ClusterParts, ServerCluster } from './server-cluster.js';
import { withSql } from './sql.js';

/** What a Postgres cluster is made from. */
export interface PostgresParts extends ClusterParts<PostgresNode> {
  readonly certificates: Certificates | undefined;
}

/** A real Postgres primary and its streaming replicas. */
export class PostgresCluster extends ServerCluster<PostgresNode> {
  readonly #certificates: Certificates | undefined;

  /** @internal */
  constructor(parts: PostgresParts) {
    super(parts);
    this.#certificates = parts.certificates;
  }

  /**
   * The files with which clients check the servers, and log in, when the cluster was started with `tls`.
   * @throws ServicesError `SERVICES_STATE` when it was not.
   */
  get certificates(): Certificates {
    if (this.#certificates !== undefined) return this.#certificates;
    throw new ServicesError('SERVICES_STATE', 'The cluster has no certificates: start it with tls: true.');
  }

  override async createDatabase(name: string): Promise<string> {
    const problem = databaseProblem(name);
    if (problem !== undefined) throw new ServicesError('SERVICES_OPTIONS', `Name of a database: ${problem}.`);
    await withSql(
      this.primary,
      async (run) => {
        const existing = await run('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
        if (existing.length > 0) return;
        await run(`CREATE DATABASE "${name.replaceAll('"', '""')}"`).catch((error: unknown) => {
          // Somebody else made it in the meantime.
          if (codeOf((error as Error).cause) !== '42P04' && codeOf((error as Error).cause) !== '23505')
            throw error;
        });
      },
      { timeoutMs: 30_000 },
    );
    await this.waitForReplication();
    return this.primary.urlOf(name);
  }

  override async waitForReplication(timeoutMs = 10_000): Promise<void> {
    const lsn = await currentLsn(this.primary);
    await Promise.all(this.liveFollowers().map((node) => untilReplayed(node, lsn, timeoutMs)));
  }

  override async waitForStreaming(timeoutMs = 10_000): Promise<void> {
    const { primary } = this;
    await Promise.all(this.liveFollowers().map((node) => untilStreaming(primary, node, timeoutMs)));
  }

  protected override received(node: PostgresNode): Promise<bigint> {
    return receivedBytes(node);
  }
}

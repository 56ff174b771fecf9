import { baseBackup } from './base-backup.js';
import { removeSharedMemory } from './data-folder.js';
import { ServicesError } from './errors.js';
import type { NodeRole } from './managed-server.js';
import { PostgresServer, type ServerContext } from './postgres-server.js';
import * as replication from './replication.js';
import type { ClusterNode, ClusterView } from './server-cluster.js';
import { sql } from './sql.js';
import { until } from './wait.js';

/**
 * One real Postgres server. Its port stays the same for its whole life. Actions on one node are meant to be awaited one
 * after the other; only `kill()` may cut in at any time.
 */
export class PostgresNode extends PostgresServer implements ClusterNode<PostgresNode> {
  #upstream: PostgresNode | undefined;
  #lagMs = 0;
  #slots: Promise<void> = Promise.resolve();

  /** @internal */
  constructor(
    context: ServerContext,
    private readonly cluster: ClusterView<PostgresNode>,
  ) {
    super(context);
  }

  /** The node that this one follows as a standby; undefined on a primary. */
  get upstream(): PostgresNode | undefined {
    return this.#upstream;
  }

  /** Delay of replay in milliseconds, as set by {@link lag}. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /**
   * The role that the server itself claims.
   * @param timeoutMs Bound in milliseconds, default 1000; after it the answer is `unknown`.
   */
  async role(timeoutMs = 1_000): Promise<NodeRole> {
    return this.state === 'running' || this.state === 'frozen'
      ? replication.roleOf(this, timeoutMs)
      : 'unknown';
  }

  /**
   * Makes the replica replay every commit that many milliseconds after it was made (`recovery_min_apply_delay`); 0 turns that off.
   * Resolves when the server knows. On a server that is down or frozen it holds from its next start or thaw.
   * @throws ServicesError `SERVICES_STATE` on a primary, `SERVICES_OPTIONS` for a wrong number.
   */
  async lag(ms: number): Promise<void> {
    this.#replicaOnly('cannot lag');
    if (!Number.isInteger(ms) || ms < 0 || ms > 2_147_483_647) {
      throw new ServicesError(
        'SERVICES_OPTIONS',
        `${this.name}: lag wants whole milliseconds from 0 up (got ${ms}).`,
      );
    }
    this.#lagMs = ms;
    await this.reload();
    if (this.state !== 'running') return;
    await until(
      async () => {
        const text = `SELECT setting FROM pg_settings WHERE name = 'recovery_min_apply_delay'`;
        const [row] = await sql<{ setting: string }>(this, text);
        return row?.setting === String(ms);
      },
      { timeoutMs: 5_000, what: `its lag was ${ms} ms`, node: this.name },
    );
  }

  /**
   * Stops the replay of what it receives, until {@link resumeReplay}, a promotion or a restart.
   * @throws ServicesError `SERVICES_STATE` on a primary, `SERVICES_SQL` when it does not answer.
   */
  async pauseReplay(): Promise<void> {
    this.#replicaOnly('has no replay to pause');
    await replication.pauseReplay(this, this.#lagMs > 0);
  }

  /** Ends {@link pauseReplay}; the same errors. */
  async resumeReplay(): Promise<void> {
    this.#replicaOnly('has no replay to resume');
    await sql(this, 'SELECT pg_wal_replay_resume()');
  }

  /**
   * Makes it a primary and resolves when it accepts writes; the cluster's `primary` is this node then. The old primary is
   * not touched and the other replicas go on following it: see `PostgresCluster.repoint`.
   * @throws ServicesError `SERVICES_STATE` when it is one already, `SERVICES_SQL` when it fails.
   */
  async promote(): Promise<void> {
    this.#replicaOnly('is a primary already');
    await replication.promote(this);
    this.#upstream = undefined;
    this.#lagMs = 0;
    await this.reload();
    this.cluster.promoted(this);
  }

  /**
   * Makes it a standby of another node. A running standby is repointed by a reload, and this resolves when it streams; a server
   * that is down comes back as a standby at its next {@link start}; a frozen one turns when it is thawed. A server that has
   * written what `upstream` never received cannot follow it: {@link rebuild} it.
   * @throws ServicesError `SERVICES_STATE` when this is a running primary, `upstream` does not run, or it turns out that this
   * cannot follow it; `SERVICES_TIMEOUT` when it does not stream in time.
   */
  async follow(upstream: PostgresNode): Promise<void> {
    const up = this.state === 'running' || this.state === 'frozen';
    if (upstream === this) throw this.stateError('cannot follow itself');
    if (up && this.#upstream === undefined)
      throw this.stateError('is a running primary: stop, kill or rebuild it');
    if (upstream.state !== 'running')
      throw this.stateError(`cannot follow ${upstream.name}: that is ${upstream.state}`);
    const before = this.#upstream;
    this.#upstream = upstream;
    if (!up) await this.markStandby();
    await upstream.syncSlots();
    const logged = this.server.logSize();
    await this.reload();
    if (this.state === 'running') {
      const { startTimeoutMs } = this.context;
      const check = () => this.#mustBeAbleTo(upstream, logged);
      await replication.untilStreaming(upstream, this, startTimeoutMs, check);
    }
    if (before !== undefined && before !== upstream && before.state === 'running') await before.syncSlots();
  }

  /**
   * Replaces its data by a fresh copy of another node's and starts it as a standby of that: the way back for a primary that was
   * replaced, or a replica that fell too far behind. Kills it first when it runs.
   * @param from Default: the cluster's primary.
   * @throws ServicesError `SERVICES_STATE` when `from` does not run, `SERVICES_START` when it does not come up.
   */
  async rebuild(from: PostgresNode = this.cluster.primary()): Promise<void> {
    if (from === this) throw this.stateError('cannot be rebuilt from itself');
    if (from.state !== 'running')
      throw this.stateError(`cannot be rebuilt from ${from.name}: that is ${from.state}`);
    await this.kill();
    this.#upstream = from;
    this.#lagMs = 0;
    await from.syncSlots();
    removeSharedMemory(this.dataDir);
    await baseBackup(from, this.dataDir, this.context.place.user);
    await this.markStandby();
    await this.start();
    await replication.untilStreaming(from, this, this.context.startTimeoutMs);
  }

  /** Before the first start: whom it is to follow. @internal */
  initialize(upstream: PostgresNode): void {
    this.#upstream = upstream;
  }

  /** Makes its data, which is a copy of a primary's, that of a standby. @internal */
  async markStandby(): Promise<void> {
    await this.write('standby.signal', '');
  }

  /** Gives it the replication slots that its followers need. @internal */
  syncSlots(): Promise<void> {
    const sync = async () => {
      const followers = this.cluster.nodes().filter((node) => node.#upstream === this);
      await replication.syncSlots(
        this,
        followers.map((node) => node.name),
      );
    };
    // One at a time: of two at once the one that knows of fewer followers would drop the other's slot.
    this.#slots = this.#slots.then(sync, sync);
    return this.#slots;
  }

  /** Throws when its log says that it will never follow that node. */
  #mustBeAbleTo(upstream: PostgresNode, logged: number): void {
    const log = this.server.logSince(logged);
    // A standby can even die of it (PANIC), when the new history begins in the middle of a record.
    if (this.state === 'killed') {
      const tail = log.trim().slice(-1_000);
      throw this.stateError(
        `died when it began to follow ${upstream.name}: rebuild() it. It logged:\n${tail}\n`,
      );
    }
    if (/before current recovery point|not in this server's history|behind recovery timeline/.test(log)) {
      throw this.stateError(`has what ${upstream.name} never had, and cannot follow it: rebuild() it`);
    }
  }

  #replicaOnly(fact: string): void {
    if (this.#upstream === undefined) throw this.stateError(`${fact}: it is a primary, not a replica`);
  }

  protected override standby(): { port: number; lagMs: number } | undefined {
    return this.#upstream === undefined ? undefined : { port: this.#upstream.port, lagMs: this.#lagMs };
  }

  protected override started(): Promise<void> {
    return this.syncSlots();
  }
}

import { rm } from 'node:fs/promises';
import { ServicesError } from './errors.js';
import type { NodeRole } from './managed-server.js';
import * as replication from './mariadb-replication.js';
import { type MariadbContext, MariadbServer } from './mariadb-server.js';
import { mariadbSql } from './mariadb-sql.js';
import type { ClusterNode, ClusterView } from './server-cluster.js';
import { copyTemplate } from './template.js';
import { until } from './wait.js';

/**
 * One real MariaDB server. Its port stays the same for its whole life. Actions on one node are meant to be awaited one
 * after the other; only `kill()` may cut in at any time.
 */
export class MariadbNode extends MariadbServer implements ClusterNode<MariadbNode> {
  #upstream: MariadbNode | undefined;
  #lagMs = 0;
  #paused = false;
  /** Whether a frozen server has yet to be told what it is. */
  #untold = false;

  /** @internal */
  constructor(
    context: MariadbContext,
    private readonly cluster: ClusterView<MariadbNode>,
  ) {
    super(context);
  }

  /** The node that this one follows; undefined on a primary. */
  get upstream(): MariadbNode | undefined {
    return this.#upstream;
  }

  /** Delay of replay in milliseconds, as set by {@link lag}. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /**
   * The role that the server itself claims (`read_only`).
   * @param timeoutMs Bound in milliseconds, default 1000; after it the answer is `unknown`.
   */
  async role(timeoutMs = 1_000): Promise<NodeRole> {
    return this.state === 'running' || this.state === 'frozen'
      ? replication.roleOf(this, timeoutMs)
      : 'unknown';
  }

  /**
   * Makes the replica replay every transaction that much later than it was made (`MASTER_DELAY`); 0 turns that off. Resolves
   * when the server does so. On a server that is down or frozen it holds from its next start or thaw.
   * @param ms Milliseconds, but MariaDB knows whole seconds only: a multiple of 1000.
   * @throws ServicesError `SERVICES_STATE` on a primary, `SERVICES_OPTIONS` for a wrong number.
   */
  async lag(ms: number): Promise<void> {
    this.#replicaOnly('cannot lag');
    if (!Number.isInteger(ms) || ms < 0 || ms > 2_147_483_000 || ms % 1_000 !== 0) {
      throw new ServicesError(
        'SERVICES_OPTIONS',
        `${this.name}: lag wants milliseconds from 0 up in whole seconds, as MariaDB delays by those (got ${ms}).`,
      );
    }
    this.#lagMs = ms;
    await this.#tell();
  }

  /**
   * Stops the replay of what it receives (`STOP SLAVE SQL_THREAD`), until {@link resumeReplay}, a promotion or a restart.
   * @throws ServicesError `SERVICES_STATE` on a primary, `SERVICES_SQL` when it does not answer.
   */
  async pauseReplay(): Promise<void> {
    this.#replicaOnly('has no replay to pause');
    await mariadbSql(this, 'STOP SLAVE SQL_THREAD');
    this.#paused = true;
  }

  /** Ends {@link pauseReplay}; the same errors. */
  async resumeReplay(): Promise<void> {
    this.#replicaOnly('has no replay to resume');
    await mariadbSql(this, 'START SLAVE SQL_THREAD');
    this.#paused = false;
  }

  /**
   * Makes it a primary and resolves when it accepts writes; the cluster's `primary` is this node then. It replays what it has
   * received first. The old primary is not touched and the other replicas go on following it: see `repoint` of the cluster.
   * @throws ServicesError `SERVICES_STATE` when it is one already, `SERVICES_SQL` when it fails, `SERVICES_TIMEOUT`.
   */
  async promote(): Promise<void> {
    this.#replicaOnly('is a primary already');
    await replication.promote(this, this.context.startTimeoutMs);
    this.#become(undefined);
    await this.writeSettings();
    this.cluster.promoted(this);
  }

  /**
   * Makes it a replica of another node. A running replica is repointed, and this resolves when it streams; a server that is down
   * comes back as a replica at its next {@link start}; a frozen one turns when it is thawed. A server that has what
   * `upstream` never had cannot follow it: {@link rebuild} it.
   * @throws ServicesError `SERVICES_STATE` when this is a running primary, `upstream` does not run, or it turns out that this
   * cannot follow it; `SERVICES_TIMEOUT` when it does not stream in time.
   */
  async follow(upstream: MariadbNode): Promise<void> {
    const up = this.state === 'running' || this.state === 'frozen';
    if (upstream === this) throw this.stateError('cannot follow itself');
    if (up && this.#upstream === undefined)
      throw this.stateError('is a running primary: stop, kill or rebuild it');
    if (upstream.state !== 'running')
      throw this.stateError(`cannot follow ${upstream.name}: that is ${upstream.state}`);
    this.#upstream = upstream;
    await this.#tell();
    if (this.state === 'running')
      await replication.untilFollowing(this, upstream, this.context.startTimeoutMs);
  }

  /**
   * Replaces its data by that of a new database and lets it replay the whole history of another node: the way back for a primary
   * that was replaced. It takes the longer the more was written. Kills it first when it runs. Resolves when it streams; for
   * the end of the replay see `waitForReplication` of the cluster.
   * @param from Default: the cluster's primary.
   * @throws ServicesError `SERVICES_STATE` when `from` does not run, `SERVICES_START` when it does not come up.
   */
  async rebuild(from: MariadbNode = this.cluster.primary()): Promise<void> {
    if (from === this) throw this.stateError('cannot be rebuilt from itself');
    if (from.state !== 'running')
      throw this.stateError(`cannot be rebuilt from ${from.name}: that is ${from.state}`);
    // Made again if a cleaner has removed it since.
    const template = await this.context.template();
    await this.kill();
    this.#become(from);
    this.renumber();
    await rm(this.dataDir, { recursive: true, force: true });
    await copyTemplate(template, this.dataDir, this.context.place.user);
    await this.start();
    await replication.untilFollowing(this, from, this.context.startTimeoutMs);
  }

  /** Lets a frozen server go on, and tells it what it has missed. No effect on others. */
  override async thaw(): Promise<void> {
    await super.thaw();
    if (this.#untold && this.state === 'running') await this.#tell();
  }

  /** Before the first start: whom it is to follow. @internal */
  initialize(upstream: MariadbNode): void {
    this.#upstream = upstream;
  }

  protected override async started(): Promise<void> {
    this.#paused = false;
    const { startTimeoutMs } = this.context;
    // A replica that finds nobody there tries again only after a whole second.
    const what = 'the node that it follows had started';
    await until(() => this.#upstream?.state !== 'starting', {
      timeoutMs: startTimeoutMs,
      what,
      node: this.name,
    });
    await this.#tell();
  }

  protected override readOnly(): boolean {
    return this.#upstream !== undefined;
  }

  /** Tells the server whom to follow and how, now or when that is possible. */
  async #tell(): Promise<void> {
    this.#untold = this.state !== 'running';
    if (this.#untold || this.#upstream === undefined) return;
    const replays = !this.#paused;
    await replication.follow(this, { upstream: this.#upstream, delaySeconds: this.#lagMs / 1_000, replays });
  }

  #become(upstream: MariadbNode | undefined): void {
    this.#upstream = upstream;
    this.#lagMs = 0;
    this.#paused = false;
  }

  #replicaOnly(fact: string): void {
    if (this.#upstream === undefined) throw this.stateError(`${fact}: it is a primary, not a replica`);
  }
}

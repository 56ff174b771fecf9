import { allSettled } from './all-settled.js';
import { removeDataFolder } from './data-folder.js';
import { ServicesError } from './errors.js';
import { returnPorts } from './free-port.js';
import type { NodeState } from './server-process.js';
import type { Watchdog } from './watchdog.js';

/** What a cluster asks of its nodes. */
export interface ClusterNode<N> {
  /** `primary`, `replica-1`, …. */
  readonly name: string;
  /** Its loopback port. */
  readonly port: number;
  /** State of its processes. */
  readonly state: NodeState;
  /** The node that this one follows; undefined on a primary. */
  readonly upstream: N | undefined;
  /** Shuts it down in good order. */
  stop(): Promise<void>;
  /** Makes it a replica of another node. */
  follow(upstream: N): Promise<void>;
  /** Replaces its data by another node's. */
  rebuild(from?: N): Promise<void>;
}

/** What a node knows of its cluster. */
export interface ClusterView<N> {
  /** All nodes. */
  readonly nodes: () => readonly N[];
  readonly primary: () => N;
  /** Called when a node has become primary. */
  readonly promoted: (node: N) => void;
}

/** What a cluster is made from; done by the functions that start one only. */
export interface ClusterParts<N> {
  readonly nodes: readonly N[];
  readonly folder: string;
  readonly watchdog: Watchdog;
  readonly version: string;
}

/**
 * A primary and its replicas, whatever database they are. It does not keep the process alive, and whatever way the process
 * ends, kill -9 included, its servers end and its folder goes.
 */
export abstract class ServerCluster<N extends ClusterNode<N>> implements AsyncDisposable {
  /** All nodes, `primary` first, in the order of their names whatever their roles became. */
  readonly nodes: readonly N[];
  /** Folder with the data and logs of all nodes; removed by {@link stop}. */
  readonly folder: string;
  /** What the server's program calls itself, for example `postgres (PostgreSQL) 18.4`. */
  readonly version: string;

  readonly #watchdog: Watchdog;
  #primary: N;
  #stopping: Promise<void> | undefined;

  /** @internal */
  constructor(parts: ClusterParts<N>) {
    const [first] = parts.nodes;
    if (first === undefined)
      throw new ServicesError('SERVICES_OPTIONS', 'A cluster needs at least one node.');
    this.#primary = first;
    this.nodes = parts.nodes;
    this.folder = parts.folder;
    this.version = parts.version;
    this.#watchdog = parts.watchdog;
  }

  /** The node that is meant to take writes: the first one, later the one promoted last. */
  get primary(): N {
    return this.#primary;
  }

  /** All other nodes; a replaced primary is among them. */
  get replicas(): readonly N[] {
    return this.nodes.filter((node) => node !== this.#primary);
  }

  /** Process id of the watchdog, for diagnosis. */
  get watchdogPid(): number | undefined {
    return this.#watchdog.pid;
  }

  /** Called when a node was promoted. @internal */
  setPrimary(node: N): void {
    this.#primary = node;
  }

  /**
   * The node of that name (`primary`, `replica-1`, …).
   * @throws ServicesError `SERVICES_OPTIONS` that lists the names when there is none.
   */
  node(name: string): N {
    const found = this.nodes.find((node) => node.name === name);
    if (found !== undefined) return found;
    const names = this.nodes.map((node) => node.name).join(', ');
    throw new ServicesError('SERVICES_OPTIONS', `There is no node "${name}". The nodes are: ${names}.`);
  }

  /**
   * Makes a database on the primary, unless it exists, and waits until the running replicas have it.
   * @returns Its URL on the primary; for another node see its `urlOf`.
   * @throws ServicesError `SERVICES_OPTIONS` for a wrong name, `SERVICES_SQL`, `SERVICES_TIMEOUT`.
   */
  abstract createDatabase(name: string): Promise<string>;

  /**
   * Resolves when every running node that follows the primary has replayed everything that was committed there before the
   * call. Frozen and dead nodes are left out; a lagging one is waited for, one whose replay is paused in vain.
   * @param timeoutMs Bound in milliseconds, default 10000.
   * @throws ServicesError `SERVICES_TIMEOUT` with the place that was reached, `SERVICES_SQL`.
   */
  abstract waitForReplication(timeoutMs?: number): Promise<void>;

  /**
   * Resolves when every running node that follows the primary has a stream from it.
   * @param timeoutMs Bound in milliseconds, default 10000.
   * @throws ServicesError `SERVICES_TIMEOUT` that names one that has none, `SERVICES_SQL`.
   */
  abstract waitForStreaming(timeoutMs?: number): Promise<void>;

  /**
   * The running replica that has received most of the log: the one to promote when the primary is dead. Replicas that are
   * ahead of the promoted one cannot follow it.
   * @param preferred It is this one when no other has more.
   * @throws ServicesError `SERVICES_STATE` when no replica runs, `SERVICES_SQL`.
   */
  async mostAdvanced(preferred?: N): Promise<N> {
    const live = this.nodes.filter((node) => node.state === 'running' && node.upstream !== undefined);
    const have = await Promise.all(live.map(async (node) => ({ node, amount: await this.received(node) })));
    const [first, ...rest] = have.toSorted(
      (a, b) => Number(b.node === preferred) - Number(a.node === preferred),
    );
    if (first === undefined) throw new ServicesError('SERVICES_STATE', 'No replica runs: start one.');
    return rest.reduce((best, one) => (one.amount > best.amount ? one : best), first).node;
  }

  /**
   * After a promotion: makes the others follow `to`. Running ones are repointed at once, frozen ones when they thaw; dead
   * ones, a killed primary too, come back as its replicas at their next `start()`. A running old primary is left alone: `rebuild()` it.
   * @param to Default: the present primary.
   * @param options `rebuild`: running replicas that turn out to be ahead of `to` are rebuilt; default false.
   * @returns The nodes that follow `to` now.
   * @throws ServicesError as the node's `follow`, for the first node that failed, after all have been tried.
   */
  async repoint(to: N = this.#primary, options: { readonly rebuild?: boolean } = {}): Promise<N[]> {
    const others = this.nodes.filter((node) => {
      const readWrite = node.upstream === undefined && (node.state === 'running' || node.state === 'frozen');
      return node !== to && !readWrite;
    });
    await allSettled(
      others.map(async (node) => {
        try {
          await node.follow(to);
        } catch (error) {
          if (options.rebuild !== true || to.state !== 'running') throw error;
          await node.rebuild(to);
        }
      }),
    );
    return others;
  }

  /** How much of the log a replica has received, as a number that grows. */
  protected abstract received(node: N): Promise<bigint>;

  /** The running nodes that follow the primary. */
  protected liveFollowers(): N[] {
    return this.nodes.filter((node) => node.state === 'running' && node.upstream === this.#primary);
  }

  /** Stops every server (fast shutdown; killed after `stopTimeoutMs`) and removes the folder. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    // Not even a server that cannot be stopped may keep the rest from going; removeDataFolder kills what is left.
    const ends = allSettled(this.nodes.map((node) => node.stop()));
    await ends.catch(() => undefined);
    await removeDataFolder(this.folder);
    await this.#watchdog.release();
    returnPorts(this.nodes.map((node) => node.port));
    await ends;
  }

  /** The same as {@link stop}: `await using cluster = …`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

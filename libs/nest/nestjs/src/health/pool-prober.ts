import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  isProbed,
  PoolingError,
  type Env,
  type Managed,
  type PingResult,
  type Probed,
} from '@nest-pooling/core';
import { containerEnv } from '../module/registration.js';
import { PoolDirectory } from '../registry/pool-directory.js';
import type { PoolName } from '../registry/registry-types.js';

/** Whether the servers of a pool answer. */
export type PingStatus = 'up' | 'degraded' | 'down';

/** The answer of one pool's servers. Holds no text of a server: it may be shown to anybody. */
export interface PoolPing {
  /** `up`: all nodes answer. `degraded`: the pool does its main work, but some node does not answer. Else `down`. */
  readonly status: PingStatus;
  /** By node id. Empty when the pool as a whole gave no answer. */
  readonly nodes: Readonly<Record<string, PingResult>>;
  /** Why the pool as a whole gave no answer: a stable code. */
  readonly code?: string;
}

/** What {@link PoolProber.pingAll} gives. */
export interface PingReport {
  /** The worst of the pools; `down` while the application shuts down. */
  readonly status: PingStatus;
  /** By pool name. Pools that have no server to ask are left out. */
  readonly pools: Readonly<Record<string, PoolPing>>;
}

/** Options of {@link PoolProber}. */
export interface ProbeOptions {
  /** Milliseconds that the servers have to answer. Default 1,000. */
  readonly timeoutMs?: number;
}

/** A face that does not keep its own deadline is given up this much later. */
const GRACE_MS = 250;

/**
 * Asks the servers behind the pools whether they answer, under a deadline and past any queue: a pool whose
 * resources are all lent is busy, not dead. Callers at the same time share one probe, so that a health endpoint
 * cannot be used to load the servers.
 */
@Injectable()
export class PoolProber {
  readonly #directory: PoolDirectory;
  readonly #env: Env;
  readonly #running = new Map<string, Promise<PoolPing>>();

  /** Made by `PoolingModule`; inject it. */
  constructor(directory: PoolDirectory, container: ModulesContainer) {
    this.#directory = directory;
    this.#env = containerEnv(container);
  }

  /** Asks every pool that can be probed. Never rejects because a server is down. */
  async pingAll(options: ProbeOptions = {}): Promise<PingReport> {
    const probed = this.#directory.all().filter(([, { face }]) => isProbed(face));
    const pings = await Promise.all(
      probed.map(async ([name, managed]) => [name, await this.#ping(name, managed, options)] as const),
    );
    const statuses = pings.map(([, { status }]) => status);
    const status = this.#directory.shuttingDown || statuses.includes('down') ? 'down' : worstOf(statuses);
    return { status, pools: Object.fromEntries(pings) };
  }

  /**
   * Asks the servers of one pool. Never rejects because a server is down. A pool that has no server to ask is
   * judged by its own report.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   */
  async ping(name: PoolName, options: ProbeOptions = {}): Promise<PoolPing> {
    const managed = this.#directory.find(name);
    if (isProbed(managed.face)) return this.#ping(name, managed, options);
    return { status: managed.report().serving ? 'up' : 'down', nodes: {} };
  }

  #ping(
    name: string,
    managed: Managed & { face: object },
    { timeoutMs = 1_000 }: ProbeOptions,
  ): Promise<PoolPing> {
    const key = `${timeoutMs} ${name}`;
    let running = this.#running.get(key);
    if (running === undefined) {
      running = this.#ask(managed, timeoutMs).finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }

  async #ask(managed: Managed & { face: object }, timeoutMs: number): Promise<PoolPing> {
    let nodes: PoolPing['nodes'] | 'late';
    try {
      nodes = await this.#inTime((managed.face as Probed).ping({ timeoutMs }), timeoutMs + GRACE_MS);
    } catch (error) {
      return { status: 'down', nodes: {}, code: error instanceof PoolingError ? error.code : 'PING_FAILED' };
    }
    if (nodes === 'late') return { status: 'down', nodes: {}, code: 'PING_TIMEOUT' };
    const answers = Object.values(nodes);
    // A replica that answers does not help when the pool cannot do its main work, which its report tells.
    if (!managed.report().serving || (answers.length > 0 && !answers.some(({ ok }) => ok)))
      return { status: 'down', nodes };
    return { status: answers.every(({ ok }) => ok) ? 'up' : 'degraded', nodes };
  }

  async #inTime<T>(work: Promise<T>, ms: number): Promise<T | 'late'> {
    let cancel = (): void => {};
    const late = new Promise<'late'>((resolve) => {
      const timer = this.#env.scheduler.after(ms, () => resolve('late'));
      cancel = () => timer.cancel();
    });
    try {
      return await Promise.race([work, late]);
    } finally {
      cancel();
    }
  }
}

function worstOf(statuses: readonly PingStatus[]): PingStatus {
  return statuses.includes('degraded') ? 'degraded' : 'up';
}

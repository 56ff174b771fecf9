import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import {
  isProbed,
  PoolingError,
  Problems,
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
  /**
   * An answer that is not older than this, in milliseconds, is given again and nobody is asked. Default 0: only those who ask at the same
   * time share an answer.
   */
  readonly cacheMs?: number;
}

/** An answer that is there or under way. */
interface Probe {
  readonly answer: Promise<PoolPing>;
  /** When it came; `undefined` before. */
  at: number | undefined;
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
  /** By pool, which may be removed and added again under its name, and by timeout. */
  readonly #probes = new WeakMap<Managed, Map<number, Probe>>();

  /** Made by `PoolingModule`; inject it. */
  constructor(directory: PoolDirectory, container: ModulesContainer) {
    this.#directory = directory;
    this.#env = containerEnv(container);
  }

  /** Asks every pool that can be probed. Never rejects because a server is down. */
  async pingAll(options: ProbeOptions = {}): Promise<PingReport> {
    checkProbe(options);
    const probed = this.#directory.all().filter(([, { face }]) => isProbed(face));
    const pings = await Promise.all(
      probed.map(async ([name, managed]) => [name, await this.#ping(managed, options)] as const),
    );
    const statuses = pings.map(([, { status }]) => status);
    const status = this.#directory.shuttingDown || statuses.includes('down') ? 'down' : worstOf(statuses);
    return { status, pools: Object.fromEntries(pings) };
  }

  /**
   * Asks the servers of one pool. Never rejects because a server is down. A pool that has no server to ask is
   * judged by its own report. While the application shuts down all are `down`, with the code `SHUTTING_DOWN`, and nobody is asked.
   *
   * @throws UnknownPoolError with the names that exist, when there is no such pool.
   * @throws OptionsError for times that cannot be used.
   */
  async ping(name: PoolName, options: ProbeOptions = {}): Promise<PoolPing> {
    checkProbe(options);
    const managed = this.#directory.find(name);
    if (this.#directory.shuttingDown) return { status: 'down', nodes: {}, code: 'SHUTTING_DOWN' };
    if (isProbed(managed.face)) return this.#ping(managed, options);
    return { status: managed.report().serving ? 'up' : 'down', nodes: {} };
  }

  #ping(managed: Managed & { face: object }, options: ProbeOptions): Promise<PoolPing> {
    const { timeoutMs = 1_000, cacheMs = 0 } = options;
    let probes = this.#probes.get(managed);
    if (probes === undefined) this.#probes.set(managed, (probes = new Map<number, Probe>()));
    const last = probes.get(timeoutMs);
    if (last !== undefined && this.#serves(last, cacheMs)) return last.answer;
    const probe: Probe = { at: undefined, answer: this.#ask(managed, timeoutMs) };
    probes.set(timeoutMs, probe);
    probe.answer.then(
      () => (probe.at = this.#env.scheduler.now()),
      // A pool that cannot even be asked: whoever asked is told, and the next one tries again.
      () => probes.delete(timeoutMs),
    );
    return probe.answer;
  }

  #serves({ at }: Probe, cacheMs: number): boolean {
    return at === undefined || (cacheMs > 0 && this.#env.scheduler.now() - at <= cacheMs);
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

function checkProbe(options: ProbeOptions): void {
  const problems = new Problems();
  problems.unknown('', options, ['timeoutMs', 'cacheMs']);
  problems.duration('timeoutMs', options.timeoutMs, { min: 1 });
  problems.duration('cacheMs', options.cacheMs);
  problems.throwIfAny('A probe of pools');
}

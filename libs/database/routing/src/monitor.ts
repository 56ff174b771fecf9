import type { Env, Timer } from '@nest-pooling/core';
import type { ProbeResult } from '@nest-pooling/sql';
import type { ProbeOptions } from './options.js';
import type { RouterNode } from './router-node.js';

const INTERVAL_MS = 250;
/** Whoever hurries does so once in this time. */
const HURRY_MS = 20;
/** Milliseconds after which an unanswered probe counts as missed. */
export const PROBE_TIMEOUT_MS = 500;
/** Spreads the probes of many processes. */
const JITTER = 0.2;

/** Hears what became of probes. */
export interface ProbeListener {
  answered(node: RouterNode, result: ProbeResult): void;
  missed(node: RouterNode): void;
}

/**
 * Probes every node all the time, each on its own schedule. A missed probe takes the node out of rotation; a
 * stall of our own event loop does not, because then it was we who did not answer.
 */
export class Monitor {
  readonly #timers = new Map<RouterNode, Timer>();
  readonly #asked = new Map<RouterNode, Promise<void>>();
  #hurriedAt = -Infinity;
  readonly #intervalMs: number;
  readonly #timeoutMs: number;
  #running = false;

  constructor(
    private readonly nodes: readonly RouterNode[],
    options: ProbeOptions | undefined,
    private readonly env: Env,
    private readonly hears: ProbeListener,
  ) {
    this.#intervalMs = options?.intervalMs ?? INTERVAL_MS;
    this.#timeoutMs = options?.timeoutMs ?? PROBE_TIMEOUT_MS;
  }

  /** Nodes are being asked. */
  get running(): boolean {
    return this.#running;
  }

  /** Begins; settles when every node was asked once. */
  async start(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    await Promise.all(this.nodes.map((node) => this.#ask(node)));
  }

  /** One more node; settles when it was asked once. */
  async add(node: RouterNode): Promise<void> {
    if (this.#running) await this.#ask(node);
  }

  /** Asks that node no more. */
  remove(node: RouterNode): void {
    this.#timers.get(node)?.cancel();
    this.#timers.delete(node);
  }

  /** Asks everybody now: something has happened that may mean that roles have changed. */
  hurry(): void {
    const now = this.env.scheduler.now();
    if (now - this.#hurriedAt < HURRY_MS) return;
    this.#hurriedAt = now;
    for (const [node, timer] of this.#timers) {
      timer.cancel();
      this.#timers.delete(node);
      void this.#ask(node);
    }
  }

  /** {@link hurry}; settles when that node was asked. */
  async ask(node: RouterNode): Promise<void> {
    this.hurry();
    await this.#asked.get(node);
  }

  stop(): void {
    this.#running = false;
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #ask(node: RouterNode): Promise<void> {
    const asked = this.#probe(node).finally(() => {
      if (this.#asked.get(node) === asked) this.#asked.delete(node);
    });
    this.#asked.set(node, asked);
    return asked;
  }

  async #probe(node: RouterNode): Promise<void> {
    try {
      const result = await node.probe(this.#timeoutMs);
      if (this.#running && this.nodes.includes(node)) this.hears.answered(node, result);
    } catch {
      const stalled = this.env.scheduler.lastStallMs > this.#timeoutMs / 2;
      if (this.#running && !stalled) this.hears.missed(node);
    }
    if (!this.#running || !this.nodes.includes(node)) return;
    const wait = this.#intervalMs * (1 - JITTER + 2 * JITTER * this.env.random());
    const timer = this.env.scheduler.after(wait, () => {
      this.#timers.delete(node);
      void this.#ask(node);
    });
    timer.unref();
    this.#timers.set(node, timer);
  }
}

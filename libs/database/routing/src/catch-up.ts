import type { Env, Timer } from '@nest-pooling/core';
import type { Need } from './need.js';
import type { PositionBook } from './position-book.js';
import type { PrimaryQuestion } from './primary-question.js';
import type { RouterNode } from './router-node.js';

/** Between two questions to a node that somebody waits for: 1, 2, 4, 8, 8, … ms. */
const MAX_PAUSE_MS = 8;

interface Waiter {
  readonly nodes: readonly RouterNode[];
  readonly isThere: () => boolean;
  readonly done: (isThere: boolean) => void;
}

interface Poller {
  waiting: number;
  asking: boolean;
  pauseMs: number;
  timer: Timer | undefined;
}

/**
 * Waits until a replica has what a read needs. A node is asked by one poller for all who wait for it, and the primary by one question,
 * so that a thousand reads that wait cost what one costs.
 */
export class CatchUp {
  readonly #waiters = new Set<Waiter>();
  readonly #pollers = new Map<RouterNode, Poller>();
  #closed = false;

  constructor(
    private readonly book: PositionBook,
    private readonly question: PrimaryQuestion,
    private readonly timeoutMs: number,
    private readonly env: Env,
  ) {
    book.onMore(() => this.#check());
  }

  /** Reads that wait now. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Settles when one of `nodes` can serve the read (`true`), or after `ms`, or when the signal aborts. Never rejects. */
  until(
    nodes: readonly RouterNode[],
    need: Need,
    ms: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    if (nodes.length === 0 || this.#isOver(ms, signal)) return Promise.resolve(false);
    const caughtUp = this.#wait(nodes, () => nodes.some((node) => this.book.serves(node, need)), ms, signal);
    if (this.book.covering(need) === undefined) void this.question.ask();
    return caughtUp;
  }

  /** Asks the primary where it is; settles when it has told that or will not, or after `ms`, or when the signal aborts. Never rejects. */
  async asked(ms: number, signal: AbortSignal | undefined): Promise<void> {
    if (this.#isOver(ms, signal)) return;
    let answered = false;
    void this.question.ask().then(() => {
      answered = true;
      this.#check();
    });
    await this.#wait([], () => answered, ms, signal);
  }

  /** Lets everybody go. */
  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters) waiter.done(false);
    for (const { timer } of this.#pollers.values()) timer?.cancel();
    this.#pollers.clear();
  }

  #isOver(ms: number, signal: AbortSignal | undefined): boolean {
    return this.#closed || signal?.aborted === true || ms <= 0;
  }

  #wait(
    nodes: readonly RouterNode[],
    isThere: () => boolean,
    ms: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    return new Promise((resolve) => {
      const stop = (): void => waiter.done(false);
      const timer = ms === Infinity ? undefined : this.env.scheduler.after(ms, stop);
      signal?.addEventListener('abort', stop, { once: true });
      const waiter: Waiter = {
        nodes,
        isThere,
        done: (there) => {
          if (!this.#waiters.delete(waiter)) return;
          timer?.cancel();
          signal?.removeEventListener('abort', stop);
          for (const node of nodes) this.#pollers.get(node)!.waiting--;
          resolve(there);
        },
      };
      this.#waiters.add(waiter);
      for (const node of nodes) this.#poll(node);
    });
  }

  #check(): void {
    for (const { isThere, done } of this.#waiters) if (isThere()) done(true);
  }

  #poll(node: RouterNode): void {
    let poller = this.#pollers.get(node);
    if (poller === undefined) {
      this.#pollers.set(node, (poller = { waiting: 0, asking: false, pauseMs: 1, timer: undefined }));
    }
    poller.waiting++;
    if (poller.asking || poller.timer !== undefined) return;
    poller.pauseMs = 1;
    void this.#ask(node, poller);
  }

  async #ask(node: RouterNode, poller: Poller): Promise<void> {
    poller.asking = true;
    try {
      await node.probe(this.timeoutMs);
    } catch {
      // Whether it is alive is for its probes to say.
      poller.pauseMs = MAX_PAUSE_MS;
    }
    poller.asking = false;
    if (this.#closed || poller.waiting === 0) return;
    poller.timer = this.env.scheduler.after(poller.pauseMs, () => {
      poller.timer = undefined;
      if (poller.waiting > 0) void this.#ask(node, poller);
    });
    poller.pauseMs = Math.min(2 * poller.pauseMs, MAX_PAUSE_MS);
  }
}

import type { Managed, ManagedReport, PingOptions, PingResult } from '@nest-pooling/core';
import { JoiningSqlPool } from '@nest-pooling/sql';
import type { Fleet } from './fleet.js';
import type { RouterOptions } from './options.js';

/** The part of a router that does to all nodes what is done to a pool. */
export abstract class FleetPool extends JoiningSqlPool implements Managed {
  readonly name: string;
  readonly kind: string;
  readonly #options: RouterOptions;
  protected abstract readonly fleet: Fleet;

  constructor(options: RouterOptions) {
    super();
    this.name = options.name;
    this.kind = options.kind;
    this.#options = options;
  }

  ping(options: PingOptions = {}): Promise<Readonly<Record<string, PingResult>>> {
    return this.fleet.ping(options.timeoutMs ?? 1_000);
  }

  start(): Promise<void> {
    return this.fleet.start(this.#options);
  }

  drain(options: { deadlineMs?: number } = {}): Promise<void> {
    return this.fleet.drain(options.deadlineMs);
  }

  close(): Promise<void> {
    return this.fleet.close();
  }

  suspend(): void {
    this.fleet.suspend();
  }

  resume(): void {
    this.fleet.resume();
  }

  evict(reason: string): void {
    this.fleet.evict(reason);
  }

  subscribe(sink: object): () => void {
    return this.fleet.subscribe(sink);
  }

  /** The numbers of every node, and whether the primary serves. */
  report(): ManagedReport {
    return this.fleet.report(this.kind);
  }

  abstract tune(options: object): void;
}

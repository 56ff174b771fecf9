import { channel } from 'node:diagnostics_channel';
import { Listeners } from '@nest-pooling/core';
import type { PoolNumbers } from './errors.js';

/** What {@link Pool.on} can be told of. All of it is rare: none of it happens on an undisturbed borrowing. */
export interface PoolEvents {
  /** A resource was created. `ms` is how long that took, 0 unless a timed sink listens. */
  readonly created: { readonly slot: number; readonly ms: number };
  /** A resource is gone. */
  readonly destroyed: { readonly slot: number; readonly reason: string };
  /** A create failed, for the n-th time in a row. */
  readonly createFailed: { readonly error: unknown; readonly failures: number };
  /** A caller waited in vain. */
  readonly timeout: { readonly waitedMs: number };
  /** A caller waits for longer than `slowAcquireMs`; told once per caller, and before its timeout. */
  readonly slow: { readonly waitedMs: number; readonly holders: string; readonly numbers: PoolNumbers };
  /** The pool is overloaded and dropped waiters. */
  readonly shed: { readonly count: number; readonly waitedMs: number };
  /** A resource has been held for longer than `leak.warnAfterMs`. */
  readonly leak: {
    readonly slot: number;
    readonly label: string;
    readonly heldMs: number;
    readonly stack: string | undefined;
  };
  /** A resource was taken from its holder. */
  readonly reclaimed: { readonly slot: number; readonly label: string; readonly reason: string };
  /** A lease was used or ended after its end. */
  readonly misuse: { readonly what: string };
  /** The pool moved from one status to another. */
  readonly state: { readonly from: string; readonly to: string };
}

/** The name of a pool's event. */
export type PoolEventName = keyof PoolEvents;

/** Everybody's channel: `{ pool, event, … }`. For tools that watch a process from inside without knowing its pools. */
const everybody = channel('nest-pooling.pool');

/** Listeners of one pool, by event. What a listener throws disturbs nobody. */
export class Events {
  readonly #listeners = new Listeners<PoolEvents>();

  constructor(private readonly pool: string) {}

  /** Adds a listener; returns the function that removes it. */
  on<Name extends PoolEventName>(name: Name, listener: (event: PoolEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener);
  }

  /** Whether anybody would hear of it: what is costly to tell is told only then. */
  wants(name: PoolEventName): boolean {
    return this.#listeners.has(name) || everybody.hasSubscribers;
  }

  emit<Name extends PoolEventName>(name: Name, event: PoolEvents[Name]): void {
    this.#listeners.emit(name, event);
    if (everybody.hasSubscribers) everybody.publish({ pool: this.pool, event: name, ...event });
  }
}

import type { Definition, Env, Managed, Plugin } from '@nest-pooling/core';
import {
  CloseTimeoutError,
  PluginError,
  PoolOpenError,
  type PoolFailure,
} from '../errors/lifecycle-errors.js';
import { within } from './within.js';

/** A pool from its manager's side, with what is injected. */
export type ManagedPool = Managed & { readonly face: object };

/** How a pool that is closed may take its time. */
export interface CloseLimits {
  /** How long accepted work may go on, in milliseconds. */
  readonly drainDeadlineMs: number;
  /** How long closing may take after that, in milliseconds. */
  readonly closeTimeoutMs: number;
}

/** One pool with the plugins that are attached to it. */
export class OpenPool {
  readonly name: string;
  readonly managed: ManagedPool;
  readonly #env: Env;
  readonly #attached: { readonly plugin: string; readonly detach: () => void }[] = [];

  /** Opens it, which connects to nothing. */
  constructor(name: string, definition: Definition<object>, env: Env) {
    this.name = name;
    this.#env = env;
    try {
      this.managed = definition.open(name, env);
    } catch (error) {
      throw new PoolOpenError(name, error);
    }
  }

  /** Attaches plugins; when one throws, those before it stay attached until {@link OpenPool.detach}. */
  attach(plugins: readonly Plugin[]): void {
    for (const plugin of plugins) {
      try {
        this.#attached.push({ plugin: plugin.name, detach: plugin.attach(this.managed) });
      } catch (error) {
        throw new PluginError(plugin.name, this.name, error);
      }
    }
  }

  /** Drains and closes. A drain that fails or hangs does not keep the pool from being closed; it rejects afterwards. */
  async close({ drainDeadlineMs, closeTimeoutMs }: CloseLimits): Promise<void> {
    const { name, managed } = this;
    const errors: unknown[] = [];
    await this.#within(drainDeadlineMs + closeTimeoutMs, `Draining pool '${name}'`, async () =>
      managed.drain({ deadlineMs: drainDeadlineMs }),
    ).catch((error: unknown) => errors.push(error));
    await this.#within(closeTimeoutMs, `Pool '${name}'`, async () => managed.close()).catch(
      (error: unknown) => errors.push(error),
    );
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  }

  /** Takes the plugins off again, all of them; returns what failed. */
  detach(): PoolFailure[] {
    return this.#attached.splice(0).flatMap(({ plugin, detach }) => {
      try {
        detach();
        return [];
      } catch (error) {
        return [{ name: plugin, error }];
      }
    });
  }

  #within(timeoutMs: number, what: string, work: () => Promise<void>): Promise<void> {
    return within(this.#env, timeoutMs, () => new CloseTimeoutError(what, timeoutMs), work);
  }
}

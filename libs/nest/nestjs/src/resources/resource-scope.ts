import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { Problems, type Env } from '@nest-pooling/core';
import type { PoolFailure } from '../errors/lifecycle-errors.js';
import { describeError } from '../errors/pooling-module-error.js';
import {
  DuplicateResourceError,
  ResourceCleanUpMissingError,
  ResourceCloseError,
  ResourceScopeClosedError,
  ResourceTimeoutError,
  UnknownResourceError,
} from '../errors/resource-errors.js';
import { containerEnv } from '../module/registration.js';
import { within } from '../registry/within.js';
import { usualCleanUp, usualNames } from './clean-up.js';

/** Options of {@link ResourceScope.add}. */
export interface ResourceOptions {
  /** How long the clean-up may take, in milliseconds. Default 5,000, as long as a pool has to close. */
  readonly timeoutMs?: number;
}

interface Entry {
  readonly cleanUp: () => Promise<void>;
  readonly timeoutMs: number;
}

/**
 * Takes anything that must be ended at shutdown: a client of another library, a watcher, a server of one's own. The clean-ups run one after the
 * other, the last added first, since what comes later may rest on what was there before (idea: Python's `AsyncExitStack`). They run
 * after the application has answered its last request and before the pools close, so that they may still use a pool. One that
 * throws or hangs keeps none of the others from running; each failure is logged.
 *
 * ```ts
 * constructor(scope: ResourceScope) {
 *   this.mail = scope.add('mail', createTransport(options), (mail) => mail.close());
 * }
 * ```
 */
@Injectable()
export class ResourceScope implements OnApplicationShutdown {
  readonly #logger = new Logger('ResourceScope');
  readonly #env: Env;
  readonly #entries = new Map<string, Entry>();
  /** What `dispose` is ending: the shutdown waits for it. */
  readonly #ending = new Map<string, Promise<void>>();
  #closing: Promise<void> | undefined;
  #hook: Promise<void> | undefined;

  /** Made by `PoolingModule`; inject it. */
  constructor(container: ModulesContainer) {
    this.#env = containerEnv(container);
  }

  /** The names of the resources that are held, in the order in which they were added. */
  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  /**
   * Takes a resource and returns it.
   *
   * @param name Shown in the log when the clean-up fails.
   * @param cleanUp Ends the resource. Default: the first that it has of `Symbol.asyncDispose`, `Symbol.dispose`, `close`, `end` and `destroy`, called
   *   without arguments; a method that only takes a callback is not waited for.
   * @throws ResourceCleanUpMissingError when it has none of them.
   * @throws DuplicateResourceError when there is a resource of that name.
   * @throws ResourceScopeClosedError when the shutdown has come to the resources.
   */
  add<T>(name: string, resource: T, cleanUp?: (resource: T) => unknown, options: ResourceOptions = {}): T {
    const { timeoutMs = 5_000 } = options;
    const problems = new Problems();
    if (typeof name !== 'string' || name === '')
      problems.add('name', 'must be a text that is not empty', name);
    problems.type('cleanUp', cleanUp, 'function');
    problems.unknown('options', options, ['timeoutMs']);
    problems.duration('options.timeoutMs', timeoutMs);
    problems.throwIfAny('ResourceScope.add');
    if (this.#closing !== undefined) throw new ResourceScopeClosedError(name);
    if (this.#entries.has(name) || this.#ending.has(name)) throw new DuplicateResourceError(name);
    const end = cleanUp === undefined ? usualCleanUp(resource) : async () => void (await cleanUp(resource));
    if (end === undefined) throw new ResourceCleanUpMissingError(name, usualNames);
    this.#entries.set(name, { cleanUp: end, timeoutMs });
    return resource;
  }

  /**
   * Ends one resource before the shutdown does, and forgets it, also when its clean-up fails. Who asks while it is ending waits for the same end.
   *
   * @throws UnknownResourceError with the names that exist, when there is no such resource.
   * @throws ResourceTimeoutError when it takes too long; else what its clean-up throws.
   */
  async dispose(name: string): Promise<void> {
    const running = this.#ending.get(name);
    if (running !== undefined) return running;
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new UnknownResourceError(name, this.names);
    this.#entries.delete(name);
    const ended = this.#end(name, entry).finally(() => this.#ending.delete(name));
    this.#ending.set(name, ended);
    await ended;
  }

  /**
   * Ends everything, the last added first. The shutdown of the application calls it; later calls wait for the first.
   *
   * @throws ResourceCloseError with every failure, after all have been tried.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Ends everything after the last request was answered. Never rejects: what failed is logged, each by itself. */
  onApplicationShutdown(): Promise<void> {
    // Whoever of the pools and Nest comes first: the failures are told once.
    this.#hook ??= this.close().catch((error: unknown) => this.#tell(error));
    return this.#hook;
  }

  #tell(error: unknown): void {
    const failures = error instanceof ResourceCloseError ? error.failures : [{ name: '', error }];
    for (const failure of failures) {
      this.#logger.error(
        `Resource '${failure.name}' did not end in an orderly way: ${describeError(failure.error)}`,
      );
    }
  }

  async #close(): Promise<void> {
    const failures: PoolFailure[] = [];
    const entries = [...this.#entries].toReversed();
    this.#entries.clear();
    // Whoever called `dispose` hears himself how it ended.
    await Promise.allSettled(this.#ending.values());
    for (const [name, entry] of entries) {
      try {
        await this.#end(name, entry);
      } catch (error) {
        failures.push({ name, error });
      }
    }
    if (failures.length > 0) throw new ResourceCloseError(failures);
  }

  #end(name: string, { cleanUp, timeoutMs }: Entry): Promise<void> {
    return within(this.#env, timeoutMs, () => new ResourceTimeoutError(name, timeoutMs), cleanUp);
  }
}

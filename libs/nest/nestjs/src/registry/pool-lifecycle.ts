import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { describeError } from '../errors/pooling-module-error.js';
import type { ResourceScope } from '../resources/resource-scope.js';
import type { CloseLimits } from './open-pool.js';
import type { PoolSet } from './pool-set.js';

/** Ties the pools of one registration to the hooks of the application. */
export class PoolLifecycle implements OnModuleInit, OnApplicationShutdown {
  readonly #logger = new Logger('PoolingModule');
  readonly #set: PoolSet;
  readonly #scope: ResourceScope;
  readonly #limits: CloseLimits;

  constructor(set: PoolSet, scope: ResourceScope, limits: CloseLimits) {
    this.#set = set;
    this.#scope = scope;
    this.#limits = limits;
  }

  /** Connects. The module is global and so comes first: a hook of the application may use its pools already. */
  async onModuleInit(): Promise<void> {
    try {
      await this.#set.start();
    } catch (error) {
      // No hook is called for an application that does not start.
      await this.#scope.onApplicationShutdown();
      throw error;
    }
  }

  /**
   * Closes the pools, after the resources that may use them, and both after the HTTP server has answered its last request. Failures are logged and not thrown:
   * a rejected hook would keep other modules from closing in Nest 11.
   */
  async onApplicationShutdown(): Promise<void> {
    await this.#scope.onApplicationShutdown();
    try {
      await this.#set.close(this.#limits);
    } catch (error) {
      this.#logger.error(describeError(error), error instanceof Error ? error.stack : undefined);
    }
  }
}

import type { ErrorCategory } from '@nest-pooling/core';
import { describeError, PoolingModuleError } from './pooling-module-error.js';

/** One thing that went wrong with one pool or plugin. */
export interface PoolFailure {
  /** The name of the pool, or of the plugin. */
  readonly name: string;
  /** What was thrown. */
  readonly error: unknown;
}

function lines(failures: readonly PoolFailure[]): string {
  return failures.map(({ name, error }) => `\n  - ${name}: ${describeError(error)}`).join('');
}

function causeOf(failures: readonly PoolFailure[]): unknown {
  const errors = failures.map(({ error }) => error);
  return errors.length === 1 ? errors[0] : new AggregateError(errors);
}

/** A definition threw when it was asked to open its pool. */
export class PoolOpenError extends PoolingModuleError {
  static override readonly brand = 'PoolOpenError';
  /** Always `POOL_OPEN_FAILED`. */
  readonly code = 'POOL_OPEN_FAILED';
  /** Trying again does not help. */
  readonly category: ErrorCategory = 'failed';
  /** The name of the pool. */
  readonly pool: string;

  constructor(pool: string, cause: unknown) {
    super(`Pool '${pool}' could not be opened: ${describeError(cause)}. Correct its definition.`, { cause });
    this.pool = pool;
  }
}

/** At least one pool did not start, so the application does not either, or the pool is not added. What had been opened was closed again. */
export class PoolStartError extends PoolingModuleError {
  static override readonly brand = 'PoolStartError';
  /** Always `POOL_START_FAILED`. */
  readonly code = 'POOL_START_FAILED';
  /** It may start later, when its servers do. */
  readonly category: ErrorCategory = 'unavailable';
  /** The pools that did not start, each with its error. */
  readonly failures: readonly PoolFailure[];

  constructor(failures: readonly PoolFailure[], atRunTime = false) {
    const names = failures.map(({ name }) => `'${name}'`).join(', ');
    const pools = failures.length === 1 ? 'pool' : 'pools';
    super(
      `${atRunTime ? `The application goes on without ${pools}` : `The application cannot start without ${pools}`} ${names}:${lines(failures)}\n` +
        `Start the servers, or give a pool that the application can do without \`required: false\`.`,
      { cause: causeOf(failures) },
    );
    this.failures = failures;
  }
}

/** Some pools or plugins did not close in an orderly way. The others are closed all the same. */
export class PoolCloseError extends PoolingModuleError {
  static override readonly brand = 'PoolCloseError';
  /** Always `POOL_CLOSE_FAILED`. */
  readonly code = 'POOL_CLOSE_FAILED';
  /** Trying again does not help. */
  readonly category: ErrorCategory = 'failed';
  /** What did not close, each with its error. */
  readonly failures: readonly PoolFailure[];

  constructor(failures: readonly PoolFailure[]) {
    super(
      `Not everything closed in an orderly way; connections may stay open on the server until it notices:${lines(failures)}`,
      { cause: causeOf(failures) },
    );
    this.failures = failures;
  }
}

/** A pool was to be added while the application closes its pools, or after that. */
export class PoolsClosedError extends PoolingModuleError {
  static override readonly brand = 'PoolsClosedError';
  /** Always `POOLS_CLOSED`. */
  readonly code = 'POOLS_CLOSED';
  /** The application shuts down. */
  readonly category: ErrorCategory = 'unavailable';
  /** The name of the pool. */
  readonly pool: string;

  constructor(pool: string) {
    super(
      `Pool '${pool}' was not added, because the application is closing its pools. Do not add any at shutdown.`,
    );
    this.pool = pool;
  }
}

/** Closing a pool took longer than it may; waiting for it was given up. */
export class CloseTimeoutError extends PoolingModuleError {
  static override readonly brand = 'CloseTimeoutError';
  /** Always `POOL_CLOSE_FAILED`. */
  readonly code = 'POOL_CLOSE_FAILED';
  /** It did not answer in time. */
  readonly category: ErrorCategory = 'timeout';

  constructor(what: string, timeoutMs: number) {
    super(`${what} did not close within ${timeoutMs} ms; raise closeTimeoutMs or find what holds it.`);
  }
}

/** A plugin threw when it was attached to a pool. */
export class PluginError extends PoolingModuleError {
  static override readonly brand = 'PluginError';
  /** Always `PLUGIN_FAILED`. */
  readonly code = 'PLUGIN_FAILED';
  /** Trying again does not help. */
  readonly category: ErrorCategory = 'failed';
  /** The name of the plugin. */
  readonly plugin: string;
  /** The name of the pool. */
  readonly pool: string;

  constructor(plugin: string, pool: string, cause: unknown) {
    super(
      `Plugin '${plugin}' could not be attached to pool '${pool}': ${describeError(cause)}. ` +
        `Correct the plugin's options or leave it out.`,
      { cause },
    );
    this.plugin = plugin;
    this.pool = pool;
  }
}

import { nearest, type ErrorCategory } from '@nest-pooling/core';
import type { PoolFailure } from './lifecycle-errors.js';
import { describeError, PoolingModuleError } from './pooling-module-error.js';

/** A resource was added to a `ResourceScope` without its clean-up, and it has no method that could be one. */
export class ResourceCleanUpMissingError extends PoolingModuleError {
  static override readonly brand = 'ResourceCleanUpMissingError';
  /** Always `RESOURCE_CLEAN_UP_MISSING`. */
  readonly code = 'RESOURCE_CLEAN_UP_MISSING';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the resource. */
  readonly resource: string;

  constructor(resource: string, tried: readonly string[]) {
    super(
      `Resource '${resource}' has none of the methods ${tried.join(', ')}, so nothing would end it at shutdown. ` +
        `Pass its clean-up: scope.add('${resource}', resource, (resource) => …).`,
    );
    this.resource = resource;
  }
}

/** A `ResourceScope` holds a resource of that name already. */
export class DuplicateResourceError extends PoolingModuleError {
  static override readonly brand = 'DuplicateResourceError';
  /** Always `RESOURCE_DUPLICATE`. */
  readonly code = 'RESOURCE_DUPLICATE';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name of the resource. */
  readonly resource: string;

  constructor(resource: string) {
    super(
      `There is a resource '${resource}' in this scope already. Give each a name of its own, ` +
        `or end the first one before: await scope.dispose('${resource}').`,
    );
    this.resource = resource;
  }
}

/** A `ResourceScope` was asked for a resource that it does not hold. */
export class UnknownResourceError extends PoolingModuleError {
  static override readonly brand = 'UnknownResourceError';
  /** Always `RESOURCE_UNKNOWN`. */
  readonly code = 'RESOURCE_UNKNOWN';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The name that was asked for. */
  readonly resource: string;
  /** The names that exist. */
  readonly known: readonly string[];

  constructor(resource: string, known: readonly string[]) {
    const near = nearest(resource, known);
    super(
      `There is no resource '${resource}' in this scope. ${near === undefined ? '' : `Did you mean '${near}'? `}` +
        `Known resources: ${known.length === 0 ? 'none' : known.map((name) => `'${name}'`).join(', ')}.`,
    );
    this.resource = resource;
    this.known = known;
  }
}

/** A resource was added after the scope began to close: nobody would end it. */
export class ResourceScopeClosedError extends PoolingModuleError {
  static override readonly brand = 'ResourceScopeClosedError';
  /** Always `RESOURCE_SCOPE_CLOSED`. */
  readonly code = 'RESOURCE_SCOPE_CLOSED';
  /** The application shuts down. */
  readonly category: ErrorCategory = 'unavailable';
  /** The name of the resource. */
  readonly resource: string;

  constructor(resource: string) {
    super(
      `Resource '${resource}' was added after the application began to end its resources, so it has been left alone. ` +
        `End it where it was made, and make none in the hooks of the shutdown.`,
    );
    this.resource = resource;
  }
}

/** The clean-up of a resource took longer than it may; the ones after it were run all the same. */
export class ResourceTimeoutError extends PoolingModuleError {
  static override readonly brand = 'ResourceTimeoutError';
  /** Always `RESOURCE_CLOSE_TIMEOUT`. */
  readonly code = 'RESOURCE_CLOSE_TIMEOUT';
  /** It did not end in time. */
  readonly category: ErrorCategory = 'timeout';
  /** The name of the resource. */
  readonly resource: string;

  constructor(resource: string, timeoutMs: number) {
    super(
      `Resource '${resource}' did not end within ${timeoutMs} ms; find what its clean-up waits for, ` +
        `or give it longer: scope.add('${resource}', …, { timeoutMs }).`,
    );
    this.resource = resource;
  }
}

/** Some resources of a scope did not end in an orderly way. The others were ended all the same. */
export class ResourceCloseError extends PoolingModuleError {
  static override readonly brand = 'ResourceCloseError';
  /** Always `RESOURCE_CLOSE_FAILED`. */
  readonly code = 'RESOURCE_CLOSE_FAILED';
  /** Trying again does not help. */
  readonly category: ErrorCategory = 'failed';
  /** What did not end, each with its error, in the order in which it was tried. */
  readonly failures: readonly PoolFailure[];

  constructor(failures: readonly PoolFailure[]) {
    const lines = failures.map(({ name, error }) => `\n  - ${name}: ${describeError(error)}`).join('');
    const errors = failures.map(({ error }) => error);
    super(`Not every resource ended in an orderly way; what it holds may stay open:${lines}`, {
      cause: errors.length === 1 ? errors[0] : new AggregateError(errors),
    });
    this.failures = failures;
  }
}

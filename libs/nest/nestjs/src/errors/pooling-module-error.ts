import { PoolingError } from '@nest-pooling/core';

/** The codes of the errors of this package. They are stable: programs may branch on them. */
export type PoolingModuleErrorCode =
  | 'POOL_UNKNOWN'
  | 'POOL_DUPLICATE'
  | 'POOL_FACE_MISMATCH'
  | 'POOL_NOT_OPEN'
  | 'POOL_SCOPE'
  | 'POOL_OPEN_FAILED'
  | 'POOL_START_FAILED'
  | 'POOL_CLOSE_FAILED'
  | 'POOLS_CLOSED'
  | 'POOL_NOT_REMOVABLE'
  | 'PLUGIN_FAILED'
  | 'TENANT_MISSING'
  | 'TENANT_LOOKUP_TIMEOUT'
  | 'BREAKER_UNKNOWN'
  | 'BREAKER_CONFLICT'
  | 'SESSION_MISPLACED'
  | 'CLIENT_GONE'
  | 'RESOURCE_CLEAN_UP_MISSING'
  | 'RESOURCE_DUPLICATE'
  | 'RESOURCE_UNKNOWN'
  | 'RESOURCE_SCOPE_CLOSED'
  | 'RESOURCE_CLOSE_TIMEOUT'
  | 'RESOURCE_CLOSE_FAILED'
  | 'DECORATOR_MISPLACED'
  | 'POOLING_MODULE_MISSING'
  | 'APPLICATION_AMBIGUOUS'
  | 'OBSERVABLE_UNDECLARED'
  | 'TRANSACTION_PROPAGATION'
  | 'TRANSACTION_HOOK';

/**
 * The base of every error that this package raises itself. Wrong options are the exception: those are an
 * `OptionsError` of `@nest-pooling/core`, as everywhere.
 */
export abstract class PoolingModuleError extends PoolingError {
  static override readonly brand: string = 'PoolingModuleError';
  /** One of {@link PoolingModuleErrorCode}. */
  abstract override readonly code: PoolingModuleErrorCode;
}

/**
 * What may be told about an error in a message. The text of an error that is not ours can hold anything, a
 * password in a connection string for instance, so only its name and code are repeated; the rest is in `cause`.
 */
export function describeError(error: unknown): string {
  if (error instanceof PoolingError) return `${error.message} (${error.code})`;
  if (!(error instanceof Error)) return `something that is no Error was thrown (${typeof error})`;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `${error.name} (${code})` : error.name;
}

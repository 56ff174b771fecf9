import type { ErrorCategory } from '@nest-pooling/core';
import { MysqlError } from '../errors.js';

/** Something of mysql2 that makes no sense over a pool of ours. Nothing was done. */
export class CompatUnsupportedError extends MysqlError {
  static override readonly brand = 'CompatUnsupportedError';
  readonly code = 'MYSQL2_UNSUPPORTED';
  readonly category: ErrorCategory = 'misuse';

  constructor(what: string, instead: string) {
    super(`mysql2-compat: ${what} is not supported here. ${instead}`);
  }
}

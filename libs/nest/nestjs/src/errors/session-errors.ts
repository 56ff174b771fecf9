import type { ErrorCategory } from '@nest-pooling/core';
import { PoolingModuleError } from './pooling-module-error.js';

/** A handler under `@SessionPerRequest` answers by itself, before its transaction can be committed. */
export class SessionPlaceError extends PoolingModuleError {
  static override readonly brand = 'SessionPlaceError';
  /** Always `SESSION_MISPLACED`. */
  readonly code = 'SESSION_MISPLACED';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';
  /** The handler, as `Controller.method`. */
  readonly handler: string;

  constructor(handler: string, what: string) {
    super(
      `${handler} is under @SessionPerRequest, but ${what}: the client would see success before the commit, which may fail. ` +
        `Return the answer, or take @Res({ passthrough: true }); or use pool.transaction() in the handler.`,
    );
    this.handler = handler;
  }
}

/** The client went away before its request was answered. */
export class ClientGoneError extends PoolingModuleError {
  static override readonly brand = 'ClientGoneError';
  /** Always `CLIENT_GONE`. */
  readonly code = 'CLIENT_GONE';
  /** Nobody waits any more. */
  readonly category: ErrorCategory = 'cancelled';

  constructor() {
    super('The client went away before its request was answered, so what was done for it was given up.');
  }
}

import type { ErrorCategory } from '@nest-pooling/core';
import { PoolingModuleError } from './pooling-module-error.js';

/** A decorator of methods stands at something that is none. */
export class MisplacedDecoratorError extends PoolingModuleError {
  static override readonly brand = 'MisplacedDecoratorError';
  /** Always `DECORATOR_MISPLACED`. */
  readonly code = 'DECORATOR_MISPLACED';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';

  constructor(
    /** The decorator, for instance `@Transactional`. */
    readonly decorator: string,
    /** Where it stands. */
    readonly place: string,
    /** It is a method, but a generator that is not async. */
    generator = false,
  ) {
    super(
      generator
        ? `${decorator} stands at ${place}, which is a generator and not async, so that nothing can be waited for in it. ` +
            'Make it an async generator.'
        : `${decorator} stands at ${place}, which is no method. A property that holds an arrow function is none either: write it as a method, ` +
            'since a decorator cannot replace the function of a property.',
    );
  }
}

/** A decorated method was called, and there is no application with pools in this process. */
export class NoPoolingModuleError extends PoolingModuleError {
  static override readonly brand = 'NoPoolingModuleError';
  /** Always `POOLING_MODULE_MISSING`. */
  readonly code = 'POOLING_MODULE_MISSING';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';

  constructor(
    /** The decorator, for instance `@Transactional`. */
    readonly decorator: string,
    /** The method that carries it. */
    readonly place: string,
  ) {
    super(
      `${place} carries ${decorator}, but no application with a PoolingModule runs in this process. Import PoolingModule.forRoot or ` +
        'forRootAsync, and call the method after the application was created and before it was closed.',
    );
  }
}

/** A decorated method was called on an object that none of several applications knows. */
export class AmbiguousApplicationError extends PoolingModuleError {
  static override readonly brand = 'AmbiguousApplicationError';
  /** Always `APPLICATION_AMBIGUOUS`. */
  readonly code = 'APPLICATION_AMBIGUOUS';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';

  constructor(
    /** The method that was called. */
    readonly place: string,
    /** Applications with pools in this process. */
    readonly applications: number,
  ) {
    super(
      `${place} was called on an object that belongs to none of the ${applications} applications with pools in this process, or to several, so ` +
        'that nobody knows whose pool it means. Let Nest make the object, or close the applications that are done.',
    );
  }
}

/** A method under a decorator gave an Observable that it had not declared, or an async generator that it is not itself. */
export class UndeclaredObservableError extends PoolingModuleError {
  static override readonly brand = 'UndeclaredObservableError';
  /** Always `OBSERVABLE_UNDECLARED`. */
  readonly code = 'OBSERVABLE_UNDECLARED';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';

  constructor(
    /** The method. */
    readonly place: string,
    /** It gave an async generator. */
    generator = false,
  ) {
    super(
      generator
        ? `${place} gave an async generator that it is not itself: what surrounds the method would have ended before its work begins. ` +
            'Write the method as `async *`, with `yield*` for what it gives.'
        : `${place} gave an Observable, which nobody has subscribed to yet: what surrounds the method would have ended before its work begins. ` +
            'Declare the return type of the method as Observable<…>, so that it is surrounded from the subscription on.',
    );
  }
}

/** A method needs a transaction around it, or must have none, and it is the other way round. */
export class TransactionPropagationError extends PoolingModuleError {
  static override readonly brand = 'TransactionPropagationError';
  /** Always `TRANSACTION_PROPAGATION`. */
  readonly code = 'TRANSACTION_PROPAGATION';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';

  constructor(
    /** The method. */
    readonly place: string,
    /** The name of the pool. */
    readonly pool: string,
    /** What it wants. */
    readonly propagation: 'mandatory' | 'never',
  ) {
    super(
      propagation === 'mandatory'
        ? `${place} must be called in a transaction on '${pool}' (propagation 'mandatory'), and there is none. Call it from a method that ` +
            `carries @Transactional('${pool}'), or within transaction() of that pool.`
        : `${place} must not be called in a transaction on '${pool}' (propagation 'never'), and there is one. Call it before or after that, ` +
            `or take 'not-supported', which runs it outside.`,
    );
  }
}

/** A hook for the end of a transaction was given where no method with `@Transactional` runs. */
export class TransactionHookError extends PoolingModuleError {
  static override readonly brand = 'TransactionHookError';
  /** Always `TRANSACTION_HOOK`. */
  readonly code = 'TRANSACTION_HOOK';
  /** The program must be changed. */
  readonly category: ErrorCategory = 'misuse';

  constructor(
    /** `onCommit` or `onRollback`. */
    readonly hook: string,
    /** There is a transaction, but it was begun by `transaction()`. */
    unseen = false,
  ) {
    super(
      unseen
        ? `${hook} was called in a transaction that was begun by transaction(), whose end it would not see. Begin it in a method that ` +
            'carries @Transactional, or do after transaction() what the hook was to do.'
        : `${hook} was called outside of a method that carries @Transactional, so that it would never run. Call it within one, in the same ` +
            'asynchronous flow.',
    );
  }
}

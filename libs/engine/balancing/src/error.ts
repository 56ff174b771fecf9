import { nearest, PoolingError, type ErrorCategory } from '@nest-pooling/core';

/** Every `code` of an error of this package. */
export type BalancingErrorCode = 'STRATEGY_UNKNOWN';

/** The base of every error of this package. */
export abstract class BalancingError extends PoolingError {
  static override readonly brand: string = 'BalancingError';
  /** One of {@link BalancingErrorCode}. */
  abstract override readonly code: BalancingErrorCode;
}

/** No strategy has the name that was asked for; the message lists those that exist and the one nearest to it. */
export class UnknownStrategyError extends BalancingError {
  static override readonly brand = 'UnknownStrategyError';
  /** Always `STRATEGY_UNKNOWN`. */
  readonly code = 'STRATEGY_UNKNOWN';
  /** The configuration is to be mended. */
  readonly category: ErrorCategory = 'misuse';
  /** The names that exist. */
  readonly known: readonly string[];

  constructor(name: unknown, known: readonly string[]) {
    const near = typeof name === 'string' ? nearest(name, known) : undefined;
    const hint = near === undefined ? '' : ` Did you mean '${near}'?`;
    super(
      `There is no balancing strategy ${shown(name)}.${hint} Set the strategy to one of ${known.join(', ')}.`,
    );
    this.known = known;
  }
}

/** The name in quotes, cut short: it comes from configuration and may be anything. */
function shown(name: unknown): string {
  if (typeof name !== 'string') return `of type ${typeof name}`;
  return `'${name.length > 40 ? `${name.slice(0, 39)}…` : name}'`;
}

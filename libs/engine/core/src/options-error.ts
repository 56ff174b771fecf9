import { PoolingError, type ErrorCategory } from './error.js';

/** Options were refused. Lists every problem at once, so that they can be mended in one go. */
export class OptionsError extends PoolingError {
  static override readonly brand = 'OptionsError';
  readonly code = 'OPTIONS_INVALID';
  readonly category: ErrorCategory = 'misuse';
  /** One line per problem, as `path: what is wrong (got …)`. */
  readonly problems: readonly string[];

  constructor(subject: string, problems: readonly string[]) {
    const count = problems.length === 1 ? 'an option that' : `${problems.length} options that`;
    super(`${subject} has ${count} cannot be used:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.problems = problems;
  }
}

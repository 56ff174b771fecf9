import { ParametersError } from './errors.js';
import { isServerError } from './fault.js';

/** "This command is not supported in the prepared statement protocol yet". */
const NOT_PREPARABLE = 1295;
/** How many texts are remembered; each costs one vain attempt for each driver. */
const TEXTS = 1_000;

/** Texts that the server does not prepare; all sessions of a driver share them. They run as texts, with their values put in. */
export class Unpreparable {
  readonly #texts = new Set<string>();

  /** Whether it is one of them. */
  has(text: string): boolean {
    return this.#texts.size > 0 && this.#texts.has(text);
  }

  /** Whether an error of its preparing says so; it is remembered. */
  learned(text: string, error: unknown): boolean {
    if (!isServerError(error) || error.errno !== NOT_PREPARABLE) return false;
    if (this.#texts.size < TEXTS) this.#texts.add(text);
    return true;
  }
}

/** Values that can be put into a text. @throws ParametersError `SQL_PARAMETERS_INVALID` where that is not safe */
export function escapable(
  node: string,
  { escapes }: { readonly escapes: boolean },
  values: readonly unknown[],
): readonly unknown[] {
  if (values.length === 0 || escapes) return values;
  throw new ParametersError(
    node,
    'the server cannot prepare this statement, and with NO_BACKSLASH_ESCAPES in its sql_mode values cannot be put into a text ' +
      'safely. Write it without parameters.',
  );
}

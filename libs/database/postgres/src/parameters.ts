import { ParametersError } from './errors.js';

/** The protocol counts parameters in 16 bits; more would silently wrap around and spoil the connection. */
const MOST = 65_535;

/**
 * Turns parameters into what the wire takes, before anything is sent. pg would do it while it sends, and an error
 * thrown then leaves the name of a prepared statement unusable for the life of the connection.
 *
 * @throws ParametersError `SQL_PARAMETERS_INVALID`; it names the parameter, never the value
 */
export function wireValues(
  node: string,
  params: readonly unknown[] | undefined,
  prepare: (value: unknown) => unknown,
): readonly unknown[] | undefined {
  if (params === undefined || params.length === 0) return undefined;
  if (params.length > MOST) {
    throw new ParametersError(
      node,
      `a statement can have ${MOST} parameters at most (got ${params.length}).`,
    );
  }
  for (let at = 0; at < params.length; at++) {
    if (!isPlain(params[at])) return prepared(node, params, prepare);
  }
  return params;
}

/** Values that pg's own preparing cannot fail on. */
function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'bigint':
    case 'undefined':
      return true;
    default:
      return value === null;
  }
}

function prepared(
  node: string,
  params: readonly unknown[],
  prepare: (value: unknown) => unknown,
): readonly unknown[] {
  return params.map((value, at) => {
    try {
      return prepare(value) ?? null;
    } catch (error) {
      const kind = error instanceof Error ? error.name : typeof error;
      throw new ParametersError(node, `parameter $${at + 1} cannot be turned into a value (${kind}).`);
    }
  });
}

import type { PreparedInfo } from './connection.js';
import { ParametersError } from './errors.js';

/** The protocol counts parameters in 16 bits. */
const MOST = 65_535;

/**
 * Turns parameters into what mysql2 sends as it should, before anything is sent. What it would send as something else is refused: a NaN
 * as 0, an array as JSON in an `IN (?)`, a symbol as a text. `undefined` is NULL, a plain object JSON, bytes are bytes.
 *
 * @throws ParametersError `SQL_PARAMETERS_INVALID`; it names the parameter, never the value
 */
export function wireValues(node: string, params: readonly unknown[]): readonly unknown[] {
  if (params.length > MOST) {
    throw new ParametersError(
      node,
      `a statement can have ${MOST} parameters at most (got ${params.length}).`,
    );
  }
  for (let at = 0; at < params.length; at++) {
    if (!isPlain(params[at])) return params.map((value, index) => wireValue(node, value, index));
  }
  return params;
}

/** Values that go as they are. */
function isPlain(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    default:
      return value === null;
  }
}

/** One value; see {@link wireValues}. */
export function wireValue(node: string, value: unknown, at: number): unknown {
  const refuse = (what: string): never => {
    throw new ParametersError(node, `parameter ${at + 1} ${what}`);
  };
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'bigint':
      return value.toString();
    case 'number':
      if (!Number.isFinite(value)) refuse('is not a finite number, and the server has no other.');
      return value;
    case 'function':
    case 'symbol':
      return refuse(`is a ${typeof value}, which is no value.`);
    case 'object':
      return value === null ? null : ofObject(value, refuse);
    default:
      return value;
  }
}

function ofObject(value: object, refuse: (what: string) => never): unknown {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? refuse('is a date that is none.') : value;
  }
  if (Buffer.isBuffer(value)) return value;
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (Array.isArray(value)) {
    return refuse(
      'is an array. Give each value of an IN list a placeholder of its own, and JSON as JSON.stringify(…).',
    );
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    return refuse(`cannot be turned into JSON (${error instanceof Error ? error.name : typeof error}).`);
  }
  return text ?? refuse('is an object that JSON does not know.');
}

/** mysql2 sends too many parameters as garbage, and too few as they are. @throws ParametersError `SQL_PARAMETERS_INVALID` */
export function checkCount(node: string, { parameters }: PreparedInfo, values: readonly unknown[]): void {
  if (values.length === parameters.length) return;
  throw new ParametersError(
    node,
    `the statement has ${parameters.length} placeholders, and ${values.length} parameters were given.`,
  );
}

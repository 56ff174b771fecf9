import { types } from 'node:util';
import type { Bindable } from './database.js';
import { ParametersError } from './errors.js';

const LEAST = -(2n ** 63n);
const MOST = 2n ** 63n - 1n;
const NONE: readonly Bindable[] = [];

/**
 * Turns parameters into values that both libraries take, and in the same way:
 *
 * - whole numbers and bigints become INTEGER, other numbers REAL; booleans 1 and 0
 * - `undefined` and `null` become NULL
 * - dates become their ISO text in UTC, which SQLite's own functions of time read
 * - Buffers, typed arrays and ArrayBuffers become BLOB
 * - what has a `toJSON`, arrays and plain objects become their JSON text
 *
 * @throws ParametersError `SQL_PARAMETERS_INVALID` for what has no such value (`NaN`, a function, a bigint of more than 64 bits, a text with
 *   NUL, which would be cut when it is read) and for a wrong number of values; it names the parameter, never the value
 */
export function bindable(
  node: string,
  params: readonly unknown[] | undefined,
  count: number,
): readonly Bindable[] {
  const given = params?.length ?? 0;
  if (given !== count) {
    throw new ParametersError(
      node,
      `the statement has ${count} placeholders, and ${given} values were given.`,
    );
  }
  if (params === undefined || count === 0) return NONE;
  const values: Bindable[] = [];
  for (let at = 0; at < count; at++) {
    const value = params[at];
    if (typeof value === 'number' && Number.isSafeInteger(value)) values.push(BigInt(value));
    else values.push(value === null ? null : valueOf(node, at, value));
  }
  return values;
}

function valueOf(node: string, at: number, value: unknown): Bindable {
  const refused = (why: string): ParametersError => new ParametersError(node, `parameter ${at + 1} ${why}.`);
  switch (typeof value) {
    case 'undefined':
      return null;
    case 'boolean':
      return value ? 1n : 0n;
    case 'number':
      if (Number.isNaN(value)) throw refused('is NaN, which SQLite would take for NULL');
      return value;
    case 'bigint':
      if (value < LEAST || value > MOST) throw refused('is a bigint of more than 64 bits');
      return value;
    case 'string':
      if (value.includes('\0')) throw refused('is a text with a NUL character');
      return value;
    case 'object':
      return fromObject(value as object, refused);
    default:
      throw refused(`cannot be turned into a value (${typeof value})`);
  }
}

function fromObject(value: object, refused: (why: string) => ParametersError): Bindable {
  // Not by `instanceof`: what comes from another realm, as in Jest, is none.
  if (types.isUint8Array(value)) return value;
  if (types.isAnyArrayBuffer(value)) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  let text: string | undefined;
  try {
    text = types.isDate(value) ? value.toISOString() : JSON.stringify(value);
  } catch (error) {
    // Without the original as a cause: its message may show the value.
    throw refused(`cannot be turned into a value (${error instanceof Error ? error.name : typeof error})`);
  }
  if (text === undefined) throw refused('has no value as JSON');
  if (text.includes('\0')) throw refused('is a text with a NUL character');
  return text;
}

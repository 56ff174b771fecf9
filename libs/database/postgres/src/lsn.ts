import type { Position } from '@nest-pooling/sql';

/**
 * Compares two log sequence numbers as the server prints them (`16/B374D848`): negative, 0 or positive.
 * `undefined` when one of them is none.
 */
export function compareLsn(a: string, b: string): number | undefined {
  const left = parse(a);
  const right = parse(b);
  if (left === undefined || right === undefined) return undefined;
  return left[0] - right[0] || left[1] - right[1];
}

/**
 * Whether a server at `have` has everything up to `want`. Positions compare only within one history: another system
 * identifier or timeline, or one that is not known, makes them `incomparable`. (A higher timeline usually holds what
 * the lower one had, up to the fork, but where the fork was is not known here.)
 */
export function comparePositions(have: Position, want: Position): 'reached' | 'behind' | 'incomparable' {
  if (have.systemId !== want.systemId || have.timeline !== want.timeline) return 'incomparable';
  if (have.systemId === '' || have.timeline === 0) return 'incomparable';
  const order = compareLsn(have.at, want.at);
  if (order === undefined) return 'incomparable';
  return order < 0 ? 'behind' : 'reached';
}

/** How many bytes of the log lie from `have` to `want`; negative when `have` is further. `undefined` across histories. */
export function distanceOf(have: Position, want: Position): number | undefined {
  if (comparePositions(have, want) === 'incomparable') return undefined;
  const left = parse(have.at)!;
  const right = parse(want.at)!;
  return (right[0] - left[0]) * 2 ** 32 + (right[1] - left[1]);
}

const LSN = /^([0-9a-f]{1,8})\/([0-9a-f]{1,8})$/i;

/** The halves, each of 32 bits: together they do not fit a number. */
function parse(text: string): readonly [number, number] | undefined {
  const halves = LSN.exec(text);
  return halves ? [Number.parseInt(halves[1]!, 16), Number.parseInt(halves[2]!, 16)] : undefined;
}

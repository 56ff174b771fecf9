import type { Position } from '@nest-pooling/sql';

/** `0-1-100`: domain, server, sequence. */
const MARIADB = /^(\d+)-\d+-(\d+)$/;
/** `1-5` or `7`. */
const INTERVAL = /^(\d+)(?:-(\d+))?$/;

/** Numbers of transactions, as ranges with both ends. */
type Ranges = readonly (readonly [from: number, to: number])[];

/** What a position holds: per source of transactions, which of them. */
type Set = ReadonlyMap<string, Ranges>;

/**
 * Whether a server at `have` has everything up to `want`. Both are positions of MariaDB (`0-1-100,1-2-5`: the last of each domain) or sets
 * of GTIDs of MySQL (`3e11fa47-…:1-5:7`). Another system, or one that is not known, is `incomparable`.
 */
export function comparePositions(have: Position, want: Position): 'reached' | 'behind' | 'incomparable' {
  if (have.systemId === '' || have.systemId !== want.systemId || have.timeline !== want.timeline) {
    return 'incomparable';
  }
  const left = parse(have.at);
  const right = parse(want.at);
  if (left === undefined || right === undefined) return 'incomparable';
  for (const [source, ranges] of right) {
    const known = left.get(source) ?? [];
    if (!ranges.every((range) => isWithin(range, known))) return 'behind';
  }
  return 'reached';
}

/** Ranges of a source neither touch nor overlap, so that one that holds a range holds it alone. */
function isWithin([from, to]: readonly [number, number], ranges: Ranges): boolean {
  return ranges.some((range) => range[0] <= from && to <= range[1]);
}

function parse(at: string): Set | undefined {
  const set = new Map<string, (readonly [number, number])[]>();
  const parts = at.split(',').map((part) => part.trim());
  for (const part of parts) {
    // Nothing has been written yet.
    if (part === '') continue;
    const mariadb = MARIADB.exec(part);
    if (mariadb !== null) set.set(mariadb[1]!, [[0, Number(mariadb[2])]]);
    else if (!addMysql(set, part)) return undefined;
  }
  return set;
}

/** `uuid:1-5:7:tag:1-3`: what is no range is a tag, under which the source counts anew. */
function addMysql(set: Map<string, (readonly [number, number])[]>, part: string): boolean {
  const [uuid, ...rest] = part.toLowerCase().split(':');
  if (rest.length === 0) return false;
  let source = uuid!;
  for (const piece of rest) {
    const range = INTERVAL.exec(piece);
    if (range === null) {
      if (!/^[a-z_][a-z0-9_]*$/.test(piece)) return false;
      source = `${uuid}:${piece}`;
      continue;
    }
    const from = Number(range[1]);
    const ranges = set.get(source) ?? [];
    ranges.push([from, Number(range[2] ?? from)]);
    set.set(source, ranges);
  }
  return true;
}

import { measured, must, type Bar, type Row } from '@nest-pooling/report';
import { measure } from '../../measure.js';
import { difference, figureOf, type Measurements } from '../../statistics.js';
import {
  BARE,
  bare,
  bareValue,
  COCKATIEL,
  cockatielClosed,
  OPOSSUM,
  OPOSSUM_DEFAULT,
  opossumClosed,
  OURS,
  oursClosed,
  oursValue,
  type Kind,
} from '../subjects.js';

const MOST: Bar = { atMost: 120 };
const AIM = 80;

const words: Readonly<Record<Kind, string>> = {
  consecutive: 'consecutive failures',
  count: 'a window of calls',
  time: 'a window of time',
  slow: 'slow calls',
  both: 'slow calls in a window of time',
};

/** A breaker that is closed, as it nearly always is. */
export async function closedSection(kind: Kind): Promise<readonly Row[]> {
  const alike = kind === 'slow' ? 'count' : kind === 'both' ? 'time' : kind;
  const all = await measure([
    bare(),
    bareValue(),
    oursClosed(kind),
    oursValue(kind),
    cockatielClosed(alike),
    opossumClosed(),
    opossumClosed(OPOSSUM_DEFAULT, {}),
  ]);
  const what = words[kind];
  const times = (name: string): Row => timesOurs(all, what, name);
  return [
    added(all, `${what}: added`, OURS, BARE, MOST, AIM),
    added(all, `${what}: added, a value`, `${OURS}, a value`, `${BARE}, a value`, MOST, AIM),
    ...[COCKATIEL, OPOSSUM, OPOSSUM_DEFAULT].flatMap((name) => [
      added(all, `${what}: added by ${name}`, name, BARE),
      times(name),
    ]),
    measured(`${what}: ${BARE}`, figureOf(all, 'cpuNs', BARE), 'ns'),
    measured(`${what}: allocated`, figureOf(all, 'bytes', OURS) - figureOf(all, 'bytes', BARE), 'bytes'),
  ];
}

/** What `name` costs more than `than`, held against a bar if there is one. */
export function added(
  all: Measurements,
  what: string,
  name: string,
  than: string,
  bar?: Bar,
  aim?: number,
): Row {
  const { median, low, high } = difference(all, 'cpuNs', name, than);
  const row = bar === undefined ? measured(what, median, 'ns') : must(what, median, 'ns', bar, aim);
  return { ...row, spread: [low, high] };
}

function timesOurs(all: Measurements, what: string, name: string): Row {
  const ours = difference(all, 'cpuNs', OURS, BARE).median;
  return measured(
    `${what}: added by ${name} / by ours`,
    difference(all, 'cpuNs', name, BARE).median / ours,
    'x',
  );
}

import { measured, must, type Row } from '@nest-pooling/report';
import { figureOf, quantile, type Measurements } from '../../statistics.js';
import { measureShots } from '../../shots.js';
import { ratio } from '../rows.js';
import { BURST, oursDrained, oursTimedOut, ringDrained } from '../burst.js';

const ROUNDS = 15;

/** A hundred thousand who wait at once: served one after the other, and all in vain. */
export async function burstSection(): Promise<readonly Row[]> {
  const all = await measureShots([oursDrained, ringDrained, oursTimedOut], ROUNDS);
  const many = BURST.toLocaleString('en-US');
  return [
    ratio(
      all,
      'cpuNs',
      `${many} waiters drained: ours / limit`,
      [oursDrained.name, ringDrained.name],
      { atMost: 5 },
      3,
    ),
    milliseconds(all, oursDrained.name),
    milliseconds(all, ringDrained.name),
    {
      ...must(`${many} waiters time out: cpu`, cpuMs(all, oursTimedOut.name), 'ms', { atMost: 200 }, 110),
      spread: spreadMs(all, oursTimedOut.name),
    },
  ];
}

function milliseconds(all: Measurements, name: string): Row {
  return { ...measured(`${name}: cpu`, cpuMs(all, name), 'ms'), spread: spreadMs(all, name) };
}

function cpuMs(all: Measurements, name: string): number {
  return toMs(figureOf(all, 'cpuNs', name));
}

function spreadMs(all: Measurements, name: string): [number, number] {
  const each = all.get(name)!.samples.map(({ cpuNs }) => toMs(cpuNs));
  return [quantile(each, 0.25), quantile(each, 0.75)];
}

function toMs(nsPerWaiter: number): number {
  return (nsPerWaiter * BURST) / 1e6;
}

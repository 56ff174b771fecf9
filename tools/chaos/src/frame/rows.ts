import { measured, must, type Row } from '@nest-pooling/report';
import { codes, failed, felt, p99, recovered, within, type Recording } from './recording.js';

/** When what happened, on the clock of `now()`. */
export interface Times {
  readonly before: number;
  readonly fault: number;
  readonly healed: number;
}

/** What a fault did to the reads of everybody: ours must not fail, the others are measured. */
export function readRows(
  title: string,
  recordings: Readonly<Record<string, Recording>>,
  times: Times,
): Row[] {
  return Object.entries(recordings).flatMap(([name, { reads }]) => {
    const during = within(reads, times.fault);
    const lost = failed(during);
    const row = (what: string): string => `${title}, ${name}: ${what}`;
    return [
      measured(row('reads'), during.length, ''),
      name === 'ours'
        ? must(row('failed or wrong'), lost, '', { atMost: 0 })
        : measured(row('failed or wrong'), lost, ''),
      measured(row('failed'), (100 * lost) / Math.max(1, during.length), '%'),
      measured(row('p99 before'), p99(within(reads, times.before, times.fault)), 'ms'),
      measured(row('p99 during'), p99(within(reads, times.fault, times.healed)), 'ms'),
      measured(row('felt for (time to detect)'), felt(reads, times.fault, times.healed), 'ms'),
      measured(row('felt after it was healed (time to recover)'), recovered(reads, times.healed), 'ms'),
      ...codes(during).map(([code, n]) => measured(row(`told ${code}`), n, '')),
    ];
  });
}

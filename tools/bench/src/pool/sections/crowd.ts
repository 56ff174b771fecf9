import type { Row } from '@nest-pooling/report';
import { measure } from '../../measure.js';
import { crowded, MAX, WORKERS } from '../contender.js';
import { BareRing, RING } from '../limits.js';
import { Ours } from '../ours.js';
import { peers } from '../peers.js';
import { plain, ratio } from '../rows.js';

const BARS: Readonly<Record<string, readonly [must: number, aim: number]>> = {
  tarn: [5, 6],
  'generic-pool': [3, 3.7],
  'pg-pool': [2.2, 2.7],
};

/** Far more callers than resources: what the queue costs. Time is compared, since that is what they wait for. */
export async function crowdSection(): Promise<readonly Row[]> {
  const others = peers();
  const subjects = [new Ours(), new BareRing(), ...others].map(crowded);
  const all = await measure(subjects, { roundMs: 50, rounds: 21 });
  const title = (what: string): string => `${WORKERS} workers on ${MAX}: ${what}`;
  return [
    ratio(all, 'wallNs', title('ours / limit'), ['ours', RING]),
    ...others.map(({ name }) => {
      const [bar, aim] = BARS[name] ?? [];
      return ratio(
        all,
        'wallNs',
        title(`${name} / ours`),
        [name, 'ours'],
        bar ? { atLeast: bar } : undefined,
        aim,
      );
    }),
    ...plain(all, 'crowd'),
  ];
}

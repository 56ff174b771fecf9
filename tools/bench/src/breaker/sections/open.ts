import { measured, type Row } from '@nest-pooling/report';
import { measure } from '../../measure.js';
import { compare, figureOf } from '../../statistics.js';
import { COCKATIEL, openSubjects, OPOSSUM, OURS } from '../subjects.js';

/** A breaker that is open: what it costs to be told so. */
export async function openSection(): Promise<readonly Row[]> {
  const subjects = openSubjects();
  const all = await measure(subjects);
  return [
    ...subjects.map(({ name }) => measured(`open: ${name}`, figureOf(all, 'cpuNs', name), 'ns')),
    ...[COCKATIEL, OPOSSUM].map((name) => {
      const { median, low, high } = compare(all, 'cpuNs', name, OURS);
      return { ...measured(`open: ${name} / ours`, median, 'x'), spread: [low, high] as const };
    }),
  ];
}

import { measured, must, type Bar, type Row } from '@nest-pooling/report';
import { compare, figureOf, type Measurements } from '../statistics.js';

/** A quotient of two subjects, round by round, held against a bar if there is one. */
export function ratio(
  all: Measurements,
  figure: 'cpuNs' | 'wallNs',
  name: string,
  [subject, of]: readonly [subject: string, of: string],
  bar?: Bar,
  aim?: number,
): Row {
  const { median, low, high } = compare(all, figure, subject, of);
  const row = bar ? must(name, median, 'x', bar, aim) : measured(name, median, 'x');
  return { ...row, spread: [low, high] };
}

/** Every subject by itself, per operation. */
export function plain(all: Measurements, where: string): Row[] {
  return [...all.keys()].flatMap((subject) => [
    measured(`${where}: ${subject}, cpu`, figureOf(all, 'cpuNs', subject), 'ns/op'),
    measured(`${where}: ${subject}, wall`, figureOf(all, 'wallNs', subject), 'ns/op'),
    ...(Number.isNaN(figureOf(all, 'bytes', subject))
      ? []
      : [measured(`${where}: ${subject}, allocated`, figureOf(all, 'bytes', subject), 'bytes/op')]),
  ]);
}

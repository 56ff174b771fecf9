import { measured, must, type Row } from '@nest-pooling/report';
import type { Level } from './contender.js';
import { codes, failed, p99, type Sample } from './recording.js';
import type { Family } from '../contenders/contenders.js';
import { rangeOf, type Scene } from './scene.js';

/** Writes each followed by a read of the same row, by everybody; ours at that level. */
export async function pairs(
  scene: Scene<Family>,
  options: {
    readonly title: string;
    readonly level: Level;
    readonly count: number;
    readonly workers: number;
    readonly offset: number;
    /** Whether only the guarded primary has what ours must see, so that it refuses what is too much for it. */
    readonly mayRefuse?: boolean;
  },
): Promise<{ rows: Row[]; ours: readonly Sample[] }> {
  const { title, level, count, workers, offset, mayRefuse = false } = options;
  const all = await scene.everybody(async (runner, n) => {
    const first = rangeOf(n)[0] + offset;
    const load = { workers, pauseMs: 1, first, last: first + count - 1 };
    const samples = await runner.ask<readonly Sample[]>({ do: 'pairs', level, load });
    return { name: runner.name, samples };
  });
  const rows = all.flatMap(({ name, samples }) => {
    const ours = name === 'ours';
    const stale = samples.filter(({ code }) => code === 'WRONG').length;
    const row = `${title}, ${name}`;
    const lost = failed(samples) - stale;
    const bar = ours && level !== 'eventual';
    return [
      measured(`${row}: pairs`, samples.length, ''),
      bar ? must(`${row}: stale`, stale, '', { atMost: 0 }) : measured(`${row}: stale`, stale, ''),
      ours && !mayRefuse
        ? must(`${row}: failed`, lost, '', { atMost: 0 })
        : measured(`${row}: failed`, lost, ''),
      measured(`${row}: p99 of a pair`, p99(samples), 'ms'),
      ...codes(samples)
        .filter(([code]) => code !== 'WRONG')
        .map(([code, n]) => measured(`${row}: told ${code}`, n, '')),
    ];
  });
  return { rows, ours: all[0]!.samples };
}

/** The share of reads that replicas served, in percent. */
export function onReplicas(samples: readonly Sample[], primary = 'shop.primary'): number {
  return (100 * samples.filter(({ node }) => node !== undefined && node !== primary).length) / samples.length;
}

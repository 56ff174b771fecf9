import type { Row } from '@nest-pooling/report';
import { asChild } from '../in-child.js';
import type { Contender } from '../postgres/contender.js';
import { Ours } from '../postgres/contenders/ours.js';
import { cpuUs, perSecond, plain, ratio, rounds, SLICE_MS } from '../postgres/rounds.js';
import { operations } from '../postgres/slice.js';
import { Routed } from './contenders.js';

const SINGLE = 'ours';
const WORDS = {
  single: SINGLE,
  routed: 'routed',
  own: 'routed, read-your-writes',
  fastest: 'routed, fastest',
};

/** Those that are compared. */
export function contenders(): readonly Contender[] {
  return [
    new Ours(),
    new Routed(WORDS.routed),
    new Routed(WORDS.own, { consistency: 'read-your-writes' }),
    new Routed(WORDS.fastest, { strategy: 'fastest' }),
  ];
}

async function readsSection(workers: number, what: string, bar: boolean): Promise<readonly Row[]> {
  const slice = { workers, ms: SLICE_MS };
  const all = await rounds(contenders(), operations.byId, slice);
  const rows = [WORDS.routed, WORDS.own, WORDS.fastest].flatMap((name) => [
    ratio(
      all,
      `${what}: ${name} / single pool, cpu`,
      cpuUs,
      [name, SINGLE],
      bar && name === WORDS.routed ? { atMost: 1.05 } : undefined,
    ),
    ratio(all, `${what}: ${name} / single pool, throughput`, perSecond, [name, SINGLE]),
  ]);
  return [...rows, ...plain(all, what)];
}

await asChild({
  reads: () => readsSection(64, 'by id, 64 workers', true),
  alone: () => readsSection(1, 'by id, 1 worker', false),
});

import { cpus } from 'node:os';
import type { Report, Row } from '@nest-pooling/report';
import { inChild } from '../in-child.js';
import { sectionsOf } from '../sections.js';
import { BURST, SHORT_TIMEOUT_MS } from './burst.js';
import { BareRing } from './limits.js';
import { Ours } from './ours.js';
import { peers } from './peers.js';

const SECTIONS = ['alone', 'scoped', 'labelled', 'crowd', 'burst', 'memory', 'displacement'];

/**
 * What the engine costs, next to the least that is possible and to its peers, all in this one run. What has a
 * bar comes first, then the figures that the ratios are made of.
 */
export async function poolBenchmark(args: readonly string[] = []): Promise<Report> {
  const wanted = sectionsOf('pool', SECTIONS, args);
  const rows: Row[] = [];
  for (const section of wanted)
    rows.push(...(await inChild(new URL('./section.js', import.meta.url), section)));
  return {
    notes: notes(),
    rows: [...rows.filter((row) => row.bar !== null), ...rows.filter((row) => row.bar === null)],
  };
}

function notes(): string[] {
  const all = [new Ours(), new BareRing(), ...peers()];
  const width = Math.max(...all.map(({ name }) => name.length));
  return [
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}`,
    'A ratio is the median over interleaved rounds of the ratio within one round; spread is their middle half.',
    'Options; what is not named is its default:',
    ...all.map(({ name, options }) => `  ${name.padEnd(width)}  ${options}`),
    `  where ${BURST.toLocaleString('en-US')} wait, ours has maxWaiters ${BURST} besides; where they time out, acquireTimeoutMs ${SHORT_TIMEOUT_MS}`,
    'In a scope: all of it, the limits too, runs inside an active AsyncLocalStorage of somebody else.',
    'In our scope: inside the one that ours reads a label from at each acquire; told without a bar.',
  ];
}

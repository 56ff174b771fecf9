import { cpus, loadavg } from 'node:os';
import type { Report, Row } from '@nest-pooling/report';
import { inChild } from '../in-child.js';
import { newerNode } from '../newer-node.js';
import { sectionsOf } from '../sections.js';
import { OPTIONS } from './subjects.js';

const SECTIONS = ['consecutive', 'count', 'time', 'slow', 'both', 'open', 'nest'];

/** What a circuit breaker adds to a call: ours, those of opossum and cockatiel, all in one run, on a Node that they are made for. */
export async function breakerBenchmark(args: readonly string[] = []): Promise<Report> {
  const wanted = sectionsOf('breaker', SECTIONS, args);
  const [load] = loadavg();
  const node = await newerNode();
  const rows: Row[] = [];
  for (const section of wanted) {
    rows.push(...(await inChild(new URL('./section.js', import.meta.url), section, node.path)));
  }
  return {
    notes: [
      `Node ${node.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}`,
      ...(node.problem === undefined
        ? []
        : [`Not on Node 24, which opossum and cockatiel are made for: ${node.problem}`]),
      `Load of the machine before: ${load!.toFixed(1)} (figures of a machine that does something else mean little)`,
      'Added is what a call through a breaker costs more of CPU than the same call without: the median over interleaved rounds of the',
      'difference within one round; spread is their middle half. The call does nothing: an async function, or one that gives a value.',
      'Options; what is not named is its default:',
      ...Object.entries(OPTIONS).map(([name, options]) => `  ${name.padEnd(22)}  ${options}`),
    ],
    rows: [...rows.filter((row) => row.bar !== null), ...rows.filter((row) => row.bar === null)],
  };
}

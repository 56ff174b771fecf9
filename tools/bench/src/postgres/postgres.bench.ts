import { cpus, loadavg } from 'node:os';
import type { Report, Row } from '@nest-pooling/report';
import { startPostgresCluster } from '@nest-pooling/services';
import { inChild } from '../in-child.js';
import { sectionsOf } from '../sections.js';
import { contenders } from './contenders.js';
import { fill } from './fill.js';

const SECTIONS = ['reads', 'exclusive', 'alone', 'mix', 'crowd', 'burst', 'endurance', 'limit'];

/** What our Postgres costs next to its peers, on one real server, all in this one run. */
export async function postgresBenchmark(args: readonly string[] = []): Promise<Report> {
  const before = loadavg();
  const wanted = sectionsOf('postgres', SECTIONS, args);
  await using cluster = await startPostgresCluster({ replicas: 0 });
  const { url } = cluster.primary;
  process.env.BENCH_POSTGRES_URL = url;
  await fill(url);
  const rows: Row[] = [];
  for (const section of wanted) {
    rows.push(...(await inChild(new URL('./section.js', import.meta.url), section)));
  }
  return {
    notes: notes(before[0]!),
    rows: [...rows.filter((row) => row.bar !== null), ...rows.filter((row) => row.bar === null)],
  };
}

function notes(loadBefore: number): string[] {
  const all = contenders();
  const width = Math.max(...all.map(({ name }) => name.length));
  return [
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}; the server runs on the same`,
    `Load of the machine before: ${loadBefore.toFixed(1)} (figures of a machine that does something else mean little)`,
    'A ratio is the median over interleaved slices of the ratio within one; spread is their middle half. Every answer is checked.',
    'CPU is that of the client alone. Options; what is not named is its default:',
    ...all.map(({ name, options }) => `  ${name.padEnd(width)}  ${options}`),
  ];
}

import { cpus, loadavg } from 'node:os';
import type { Report, Row } from '@nest-pooling/report';
import { startMariadbCluster } from '@nest-pooling/services';
import { inChild } from '../in-child.js';
import { sectionsOf } from '../sections.js';
import { fill } from './fill.js';
import { mysqlContenders } from './sections.js';

const SECTIONS = ['reads', 'exclusive', 'alone'];

/** What our MySQL costs next to its peers, on one real MariaDB, all in this one run. */
export async function mysqlBenchmark(args: readonly string[] = []): Promise<Report> {
  const before = loadavg();
  const wanted = sectionsOf('mysql', SECTIONS, args);
  await using cluster = await startMariadbCluster({ replicas: 0 });
  const { url } = cluster.primary;
  process.env.BENCH_MYSQL_URL = url;
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
  const all = mysqlContenders();
  const width = Math.max(...all.map(({ name }) => name.length));
  return [
    `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}; the server (MariaDB) runs on the same`,
    `Load of the machine before: ${loadBefore.toFixed(1)} (figures of a machine that does something else mean little)`,
    'A ratio is the median over interleaved slices of the ratio within one; spread is their middle half. Every answer is checked.',
    'CPU is that of the client alone. Options; what is not named is its default:',
    ...all.map(({ name, options }) => `  ${name.padEnd(width)}  ${options}`),
  ];
}

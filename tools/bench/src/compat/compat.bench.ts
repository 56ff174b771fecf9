import { cpus, loadavg } from 'node:os';
import type { Report, Row } from '@nest-pooling/report';
import { startPostgresCluster } from '@nest-pooling/services';
import { inChild } from '../in-child.js';
import { fill } from '../postgres/fill.js';
import { sectionsOf } from '../sections.js';
import { all } from './contenders.js';

const SECTIONS = ['query', 'write', 'connect', 'transaction', 'alone'];

/** The very program of a user of pg.Pool, on pg.Pool and on our two faces, on one real server, in one run. */
export async function compatBenchmark(args: readonly string[] = []): Promise<Report> {
  const [load] = loadavg();
  const wanted = sectionsOf('compat', SECTIONS, args);
  await using cluster = await startPostgresCluster({ replicas: 0 });
  const { url } = cluster.primary;
  process.env.BENCH_POSTGRES_URL = url;
  await fill(url);
  const rows: Row[] = [];
  for (const section of wanted) {
    rows.push(...(await inChild(new URL('./section.js', import.meta.url), section)));
  }
  return {
    notes: [
      `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}; the server runs on the same`,
      `Load of the machine before: ${load!.toFixed(1)} (figures of a machine that does something else mean little)`,
      'A ratio is the median over interleaved slices of the ratio within one; spread is their middle half. Every answer is checked.',
      'CPU is that of the client alone. 64 workers where not said otherwise. Options; what is not named is its default:',
      ...all().map(({ name, options }) => `  ${name.padEnd(8)}${options}`),
    ],
    rows: [...rows.filter((row) => row.bar !== null), ...rows.filter((row) => row.bar === null)],
  };
}

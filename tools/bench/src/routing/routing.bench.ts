import { cpus, loadavg } from 'node:os';
import type { Report, Row } from '@nest-pooling/report';
import { startPostgresCluster } from '@nest-pooling/services';
import { inChild } from '../in-child.js';
import { fill } from '../postgres/fill.js';
import { sectionsOf } from '../sections.js';

const SECTIONS = ['reads', 'alone'];

/** What it costs that a router chooses the node of a read, against the same read on a pool of that node alone. */
export async function routingBenchmark(args: readonly string[] = []): Promise<Report> {
  const [load] = loadavg();
  const wanted = sectionsOf('routing', SECTIONS, args);
  await using cluster = await startPostgresCluster({ replicas: 1 });
  await fill(cluster.primary.url);
  await cluster.waitForReplication();
  process.env.BENCH_PRIMARY_URL = cluster.primary.url;
  process.env.BENCH_POSTGRES_URL = cluster.replicas[0]!.url;
  const rows: Row[] = [];
  for (const section of wanted) {
    rows.push(...(await inChild(new URL('./section.js', import.meta.url), section)));
  }
  return {
    notes: [
      `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}; the servers run on the same`,
      `Load of the machine before: ${load!.toFixed(1)} (figures of a machine that does something else mean little)`,
      'A ratio is the median over interleaved slices of the ratio within one; spread is their middle half. Every answer is checked.',
      'CPU is that of the client alone, the probes of the router with it. All read from the same replica.',
    ],
    rows: [...rows.filter((row) => row.bar !== null), ...rows.filter((row) => row.bar === null)],
  };
}

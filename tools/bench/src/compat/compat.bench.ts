import { cpus, loadavg } from 'node:os';
import type { Report, Row } from '@nest-pooling/report';
import { startMariadbCluster, startPostgresCluster } from '@nest-pooling/services';
import { inChild } from '../in-child.js';
import { fill as fillMysql } from '../mysql/fill.js';
import { fill } from '../postgres/fill.js';
import { sectionsOf } from '../sections.js';
import { all } from './contenders.js';
import { allMysql2 } from './mysql2-contenders.js';

const MYSQL2 = ['mysql2-query', 'mysql2-write', 'mysql2-connect', 'mysql2-transaction', 'mysql2-alone'];
const SECTIONS = ['query', 'write', 'connect', 'transaction', 'alone', ...MYSQL2];

/**
 * The very program of a user of pg.Pool, on pg.Pool and on our two faces, and that of a user of mysql2's pool on that and on ours, on one
 * real server each, in one run.
 */
export async function compatBenchmark(args: readonly string[] = []): Promise<Report> {
  const [load] = loadavg();
  const wanted = sectionsOf('compat', SECTIONS, args);
  const rows: Row[] = [];
  const run = async (sections: readonly string[]): Promise<void> => {
    for (const section of sections) {
      rows.push(...(await inChild(new URL('./section.js', import.meta.url), section)));
    }
  };
  const onMysql = wanted.filter((section) => MYSQL2.includes(section));
  const onPostgres = wanted.filter((section) => !MYSQL2.includes(section));
  if (onPostgres.length > 0) {
    await using cluster = await startPostgresCluster({ replicas: 0 });
    const { url } = cluster.primary;
    process.env.BENCH_POSTGRES_URL = url;
    await fill(url);
    await run(onPostgres);
  }
  if (onMysql.length > 0) {
    await using cluster = await startMariadbCluster({ replicas: 0 });
    const { url } = cluster.primary;
    process.env.BENCH_MYSQL_URL = url;
    await fillMysql(url);
    await run(onMysql);
  }
  return {
    notes: [
      `Node ${process.versions.node}, ${cpus().length} x ${cpus()[0]?.model ?? 'an unknown processor'}; the servers (Postgres, MariaDB) run on the same`,
      `Load of the machine before: ${load!.toFixed(1)} (figures of a machine that does something else mean little)`,
      'A ratio is the median over interleaved slices of the ratio within one; spread is their middle half. Every answer is checked.',
      'CPU is that of the client alone. 64 workers where not said otherwise. Options; what is not named is its default:',
      ...[...all(), ...allMysql2()].map(({ name, options }) => `  ${name.padEnd(11)}${options}`),
    ],
    rows: [...rows.filter((row) => row.bar !== null), ...rows.filter((row) => row.bar === null)],
  };
}

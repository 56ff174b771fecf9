import type { Named } from '@nest-pooling/report';
import { breakerBenchmark } from './breaker/breaker.bench.js';
import { compatBenchmark } from './compat/compat.bench.js';
import { mysqlBenchmark } from './mysql/mysql.bench.js';
import { poolBenchmark } from './pool/pool.bench.js';
import { postgresBenchmark } from './postgres/postgres.bench.js';
import { routingBenchmark } from './routing/routing.bench.js';

/** What `npm run bench -- <name>` can measure. */
export const benchmarks: Readonly<Record<string, Named>> = {
  breaker: breakerBenchmark,
  mysql: mysqlBenchmark,
  pool: poolBenchmark,
  postgres: postgresBenchmark,
  compat: compatBenchmark,
  routing: routingBenchmark,
};

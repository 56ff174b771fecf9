import type { Named, Report } from '@nest-pooling/report';
import { mysqlFaults } from './mysql-faults/mysql-faults.js';
import { postgresFaults } from './postgres-faults/postgres-faults.js';
import { failover } from './scenarios/failover.js';
import { oldPrimary } from './scenarios/old-primary.js';
import { stall } from './scenarios/stall.js';
import { overload } from './scenarios/overload.js';
import { lag } from './scenarios/lag.js';
import { mariadb } from './scenarios/mariadb.js';
import { causal } from './scenarios/causal.js';
import { replicaFreeze } from './scenarios/replica-freeze.js';
import { replicaNetwork } from './scenarios/replica-network.js';
import { replicaLoss } from './scenarios/replica-loss.js';
import { rollingRestart } from './scenarios/rolling-restart.js';

/** Faults of clusters, for the router and its peers, in the order in which `routing` runs them. */
const routing: Readonly<Record<string, Named>> = {
  'replica-loss': replicaLoss,
  'replica-freeze': replicaFreeze,
  'replica-network': replicaNetwork,
  'rolling-restart': rollingRestart,
  failover: failover,
  'old-primary': oldPrimary,
  stall: stall,
  overload: overload,
  lag: lag,
  causal: causal,
  mariadb: mariadb,
};

/** All of them, one after the other. */
const all: Named = async (args) => {
  const reports: Report[] = [];
  for (const [name, run] of Object.entries(routing)) {
    const report = await run(args);
    const told = 'rows' in report ? report : { notes: [], rows: report };
    reports.push({ notes: [`${name}:`, ...told.notes], rows: told.rows });
  }
  return { notes: reports.flatMap(({ notes }) => notes), rows: reports.flatMap(({ rows }) => rows) };
};

/** Faults that are done to real servers, by name: what `npm run chaos -- <name>` can run. */
export const scenarios: Readonly<Record<string, Named>> = {
  ...routing,
  routing: all,
  'postgres-faults': postgresFaults,
  'mysql-faults': mysqlFaults,
};

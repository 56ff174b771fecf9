import type { ConformancePool, ConformanceOptions, SqlHarness } from '@nest-pooling/sql/testing';

/** How to open a pool of the MySQL room on a MariaDB server, and how to run a statement there past it. */
export interface MariadbAccess {
  open(options: ConformanceOptions): Promise<ConformancePool>;
  direct(text: string): Promise<unknown>;
}

/** MariaDB, as the conformance suite has to know it. */
export function mariadbHarness({ open, direct }: MariadbAccess): SqlHarness {
  return {
    open,
    placeholder: () => '?',
    quote: (name) => `\`${name.replaceAll('`', '``')}\``,
    types: { integer: 'INT', real: 'DOUBLE', text: 'LONGTEXT', bytes: 'LONGBLOB' },
    // EXP of so much is out of range, which is an error of that row.
    series: (count, failsAt) => {
      const n = failsAt === undefined ? 'seq' : `seq + 0 * EXP(IF(seq = ${failsAt}, 10000, 0))`;
      return `SELECT ${n} AS n FROM seq_1_to_${count}`;
    },
    writers: Infinity,
    readsBesideTransaction: true,
    failsTransaction: false,
    returning: true,
    slow: (ms) => `SELECT SLEEP(${ms / 1_000})`,
    setting: { set: 'SET SESSION sort_buffer_size = 1048576', get: 'SELECT @@sort_buffer_size' },
    temporaryTable: (name) => `CREATE TEMPORARY TABLE ${name} (n INT)`,
    kill: {
      id: 'SELECT CONNECTION_ID()',
      end: async (id) => void (await direct(`KILL ${Number(id)}`)),
    },
  };
}

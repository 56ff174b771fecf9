import { systemEnv } from '@nest-pooling/core';
import { mysql } from '@nest-pooling/mysql';
import { postgres } from '@nest-pooling/postgres';
import {
  startMariadbCluster,
  startPostgresCluster,
  type MariadbCluster,
  type PostgresCluster,
} from '@nest-pooling/services';
import type { Family } from '../contenders/contenders.js';
import { ITEMS } from './contender.js';

/** The clusters by kind of server. */
export interface Clusters {
  readonly postgres: PostgresCluster;
  readonly mariadb: MariadbCluster;
}

type Families = {
  readonly [F in Family]: {
    readonly start: (options: object) => Promise<Clusters[F]>;
    /** Fills the table `item`. */
    readonly items: string;
  };
};

/** What is done in another way on another kind of server. */
export const families: Families = {
  postgres: {
    start: startPostgresCluster,
    items: `INSERT INTO item SELECT n, 'value ' || n FROM generate_series(1, ${ITEMS}) n`,
  },
  mariadb: {
    start: startMariadbCluster,
    items: `INSERT INTO item SELECT seq, CONCAT('value ', seq) FROM seq_1_to_${ITEMS}`,
  },
};

/** Runs one statement on a connection of its own. */
export async function direct<R>(url: string, text: string): Promise<readonly R[]> {
  const options = { primary: { url }, pool: { min: 0, max: 1 } };
  const definition = url.startsWith('postgres') ? postgres(options) : mysql(options);
  const pool = definition.open('direct', systemEnv);
  try {
    return (await pool.face.query<R>(text)).rows;
  } finally {
    await pool.close();
  }
}

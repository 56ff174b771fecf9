import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mysql } from '@nest-pooling/mysql';
import type { MariadbCluster } from '@nest-pooling/services';
import { sqlite } from '@nest-pooling/sqlite';
import { mariadbSql, sqliteSql, type AnalyticsSql } from './analytics-sql.js';

/** The database of the analytics: another kind than that of the orders, as it happens in companies. */
export interface AnalyticsStore {
  /** What it is, for humans. */
  readonly kind: 'MariaDB' | 'SQLite';
  /** Where it is, for humans. */
  readonly where: string;
  /** Describes its pool. */
  readonly pool: ReturnType<typeof sqlite>;
  /** How it is spoken to. */
  readonly sql: AnalyticsSql;
}

/** The analytics on a server of their own. */
export function mariadbStore({ version, folder, primary }: MariadbCluster): AnalyticsStore {
  return {
    kind: 'MariaDB',
    where: `${version} at ${primary.host}:${primary.port}, data and logs in ${folder}`,
    pool: mysql({ primary: { url: primary.url }, pool: { min: 1, max: 5 } }),
    sql: mariadbSql,
  };
}

/** The analytics in a file in `folder`, which goes with the servers. */
export async function sqliteStore(folder: string): Promise<AnalyticsStore> {
  const place = join(folder, 'analytics');
  await mkdir(place);
  const file = join(place, 'analytics.db');
  return { kind: 'SQLite', where: file, pool: sqlite({ file, pool: { max: 5 } }), sql: sqliteSql };
}

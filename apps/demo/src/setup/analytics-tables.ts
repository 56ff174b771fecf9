import type { SqlPool } from '@nest-pooling/sql';
import type { AnalyticsSql } from '../analytics/analytics-sql.js';
import type { DayOfOrders } from './orders-tables.js';

/** Makes the table of the analytics and fills it from the orders, which also puts right what was not counted. */
export async function createAnalyticsTables(
  analytics: SqlPool,
  sql: AnalyticsSql,
  days: readonly DayOfOrders[],
): Promise<void> {
  // MariaDB would commit the transaction before it makes a table.
  await analytics.query(sql.table);
  await analytics.transaction(async (tx) => {
    for (const { day, orders, cents } of days) {
      // oxlint-disable-next-line no-await-in-loop
      await tx.query(sql.set, [day, orders, BigInt(cents)]);
    }
  });
}

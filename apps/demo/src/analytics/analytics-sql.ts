/** The statements of the analytics, in the words of one kind of database. Cents are more than an `int` holds. */
export interface AnalyticsSql {
  /** Makes the table, if it is not there. */
  readonly table: string;
  /** Sets a day: its date, its orders, its cents. */
  readonly set: string;
  /** Adds to a day: its date, orders, cents. */
  readonly add: string;
  /** The last thirty days on which there was something. */
  readonly days: string;
}

const INSERT = 'INSERT INTO daily_revenue (day, orders, revenue_cents) VALUES (?, ?, ?)';
const UPSERT = `${INSERT} ON CONFLICT (day) DO UPDATE SET`;
const DUPLICATE = `${INSERT} ON DUPLICATE KEY UPDATE`;

/** As SQLite has it. */
export const sqliteSql: AnalyticsSql = {
  table: `
    CREATE TABLE IF NOT EXISTS daily_revenue (
      day TEXT PRIMARY KEY,
      orders INTEGER NOT NULL,
      revenue_cents INTEGER NOT NULL
    ) STRICT`,
  set: `${UPSERT} orders = excluded.orders, revenue_cents = excluded.revenue_cents`,
  add: `${UPSERT} orders = orders + excluded.orders, revenue_cents = revenue_cents + excluded.revenue_cents`,
  days: 'SELECT day, orders, revenue_cents AS "revenueCents" FROM daily_revenue ORDER BY day DESC LIMIT 30',
};

/** As MariaDB has it. */
export const mariadbSql: AnalyticsSql = {
  table: `
    CREATE TABLE IF NOT EXISTS daily_revenue (
      day CHAR(10) PRIMARY KEY,
      orders INT NOT NULL,
      revenue_cents BIGINT NOT NULL
    )`,
  set: `${DUPLICATE} orders = VALUES(orders), revenue_cents = VALUES(revenue_cents)`,
  add: `${DUPLICATE} orders = orders + VALUES(orders), revenue_cents = revenue_cents + VALUES(revenue_cents)`,
  days: 'SELECT day, orders, revenue_cents AS revenueCents FROM daily_revenue ORDER BY day DESC LIMIT 30',
};

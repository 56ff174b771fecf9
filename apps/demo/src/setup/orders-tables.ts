import type { SqlPool } from '@nest-pooling/sql';
import { BRANCHES } from '../branches/branches.js';

/** Several instances of the shop may start at once; `CREATE … IF NOT EXISTS` alone is no protection from each other. */
export const SETUP_LOCK = 'SELECT pg_advisory_xact_lock(7305)';

const STATEMENTS = [
  `CREATE TABLE IF NOT EXISTS products (
     sku text PRIMARY KEY,
     price_cents int NOT NULL CHECK (price_cents > 0)
   )`,
  `CREATE TABLE IF NOT EXISTS orders (
     id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     sku text NOT NULL REFERENCES products,
     quantity int NOT NULL CHECK (quantity > 0),
     customer text NOT NULL,
     total_cents int NOT NULL,
     placed_at timestamptz NOT NULL DEFAULT now()
   )`,
  `INSERT INTO products (sku, price_cents)
   VALUES ('espresso', 240), ('cappuccino', 340), ('filter', 290), ('croissant', 210), ('beans-1kg', 2490)
   ON CONFLICT (sku) DO NOTHING`,
  `INSERT INTO orders (sku, quantity, customer, total_cents, placed_at)
   SELECT sku, quantity, customer, price_cents * quantity, now() - days * interval '1 day'
   FROM (VALUES ('espresso', 2, 'Ada', 3), ('beans-1kg', 1, 'Grace', 2), ('croissant', 4, 'Edsger', 1))
     AS seed (sku, quantity, customer, days)
   JOIN products USING (sku)
   WHERE NOT EXISTS (SELECT FROM orders)`,
  `CREATE TABLE IF NOT EXISTS stock (
     sku text PRIMARY KEY REFERENCES products,
     units int NOT NULL CHECK (units >= 0)
   )`,
  'INSERT INTO stock (sku, units) SELECT sku, 1000 FROM products ON CONFLICT (sku) DO NOTHING',
  ...BRANCHES.flatMap((branch) => [
    `CREATE SCHEMA IF NOT EXISTS branch_${branch}`,
    `CREATE TABLE IF NOT EXISTS branch_${branch}.notes (
       id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
       text text NOT NULL
     )`,
  ]),
];

const REVENUE = `
  SELECT to_char(placed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, count(*)::int AS orders,
         sum(total_cents)::text AS cents
  FROM orders GROUP BY 1`;

/** The orders of one day, added up. Cents are a text, since there may be many. */
export interface DayOfOrders {
  readonly day: string;
  readonly orders: number;
  readonly cents: string;
}

/** Makes the tables of the shop, with some products and orders to begin with. Changes nothing the second time. */
export async function createOrdersTables(orders: SqlPool): Promise<void> {
  await orders.transaction(async (tx) => {
    await tx.query(SETUP_LOCK);
    for (const statement of STATEMENTS) {
      // oxlint-disable-next-line no-await-in-loop
      await tx.query(statement);
    }
  });
}

/** The revenue of each day, as the primary knows it. */
export async function revenueByDay(orders: SqlPool): Promise<readonly DayOfOrders[]> {
  const { rows } = await orders.query<DayOfOrders>(REVENUE, [], { access: 'write' });
  return rows;
}

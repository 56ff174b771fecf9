import pg from 'pg';
import { CENTS_PER_ID, ITEMS } from './contender.js';

/** Makes the table that everybody reads and writes. */
export async function fill(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, cents int NOT NULL)');
  await client.query(
    `INSERT INTO item SELECT n, 'item ' || n, ${CENTS_PER_ID} * n FROM generate_series(1, ${ITEMS}) n`,
  );
  await client.query('VACUUM ANALYZE item');
  await client.end();
}

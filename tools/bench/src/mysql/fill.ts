import { createConnection } from 'mysql2/promise';
import { CENTS_PER_ID, ITEMS } from '../postgres/contender.js';

/** Makes the table that everybody reads and writes. */
export async function fill(url: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query('CREATE TABLE item (id int PRIMARY KEY, name text NOT NULL, cents int NOT NULL)');
  const ids = Array.from({ length: ITEMS }, (_, at) => at + 1);
  const values = ids.map((id) => [id, `item ${id}`, CENTS_PER_ID * id]);
  await connection.query('INSERT INTO item VALUES ?', [values]);
  await connection.query('ANALYZE TABLE item');
  await connection.end();
}

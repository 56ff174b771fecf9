import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import { Client } from 'pg';

/** Marks the sessions of the application under test. */
export const APPLICATION = 'nest-matrix';

/** A real primary with one streaming replica and the tables of the shop. */
export async function startWorld(): Promise<PostgresCluster> {
  const cluster = await startPostgresCluster({ replicas: 1 });
  const tables = [
    // Looked at by COMMIT only: every statement before it succeeds.
    'CREATE TABLE placed (id text CONSTRAINT placed_once UNIQUE DEFERRABLE INITIALLY DEFERRED)',
    'CREATE TABLE taken (id text PRIMARY KEY)',
    'CREATE TABLE seen (id text PRIMARY KEY)',
  ];
  for (const table of tables) await direct(cluster.primary.url, table);
  await cluster.waitForReplication();
  return cluster;
}

/** Runs one statement on a connection of its own, past everything of ours. */
export async function direct(url: string, text: string, values: unknown[] = []): Promise<{ n?: number }[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<{ n?: number }>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** How many rows of a table have this id, as everybody sees it. */
export async function count(cluster: PostgresCluster, table: string, id: string): Promise<number> {
  const text = `SELECT count(*)::int AS n FROM ${table} WHERE id = $1`;
  return (await direct(cluster.primary.url, text, [id]))[0]!.n!;
}

/** How many sessions of the application run something with this text, or are left in a transaction, on either server. */
export async function busySessions(cluster: PostgresCluster, text = ''): Promise<number> {
  const query =
    `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $1 AND strpos(query, $2) > 0 ` +
    `AND (state = 'active' OR state LIKE 'idle in transaction%')`;
  let sum = 0;
  for (const { url } of [cluster.primary, ...cluster.replicas])
    sum += (await direct(url, query, [APPLICATION, text]))[0]!.n!;
  return sum;
}

/** Waits for a state, with a patience far beyond what any machine needs. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

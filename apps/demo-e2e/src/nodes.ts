import { Client } from 'pg';
import type { Demo } from './demo.js';

/** A Postgres server of the demo. */
export interface NodeInfo {
  readonly node: string;
  readonly role: string;
  readonly state: string;
  readonly url: string;
}

/** The demo's Postgres servers. */
export async function nodesOf(demo: Demo): Promise<readonly NodeInfo[]> {
  const { body } = await demo.get('/faults');
  return (body as { nodes: NodeInfo[] }).nodes;
}

/** Number and sum of all orders, asked of a server itself, past the app. */
export async function totalsOn(url: string): Promise<{ count: number; sumCents: number }> {
  const text = 'SELECT count(*)::int AS count, sum(total_cents)::int AS "sumCents" FROM orders';
  const [row] = await rowsOf<{ count: number; sumCents: number }>(url, text);
  return row!;
}

/** The answer of a server itself, past the app. */
export async function rowsOf<Row extends object>(url: string, text: string): Promise<readonly Row[]> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    query_timeout: 10_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

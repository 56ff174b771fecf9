import { Problems, systemEnv, type Env } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster, type PostgresNode } from '@nest-pooling/services';
import type { Lane } from '@nest-pooling/sql';
import { Client } from 'pg';
import { PostgresDriver } from './driver.js';
import type { PostgresDriverOptions } from './driver-options.js';
import type { PostgresSession } from './session.js';
import { postgresTarget } from './target.js';

/** For starting and stopping servers. */
export const LIMIT_MS = 60_000;

/** Whether a backend is still there. */
export const COUNT_PID = 'SELECT count(*)::int FROM pg_stat_activity WHERE pid = $1';

/** A primary and a replica with a table, and the sessions that a test has opened on them. */
export class Servers {
  readonly cluster: PostgresCluster;
  readonly primary: PostgresNode;
  readonly replica: PostgresNode;
  readonly #sessions: PostgresSession[] = [];

  private constructor(cluster: PostgresCluster) {
    this.cluster = cluster;
    this.primary = cluster.primary;
    this.replica = cluster.replicas[0]!;
  }

  static async start(): Promise<Servers> {
    const servers = new Servers(await startPostgresCluster({ replicas: 1 }));
    const admin = await servers.open(servers.primary);
    await admin.execute({ text: 'CREATE TABLE notes (id serial PRIMARY KEY, body text)' });
    await admin.execute({
      text: 'CREATE ROLE plain LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO plain',
    });
    await servers.cluster.waitForReplication();
    return servers;
  }

  async open(
    node: PostgresNode,
    lane: Lane = 'write',
    options: PostgresDriverOptions = {},
    more: { user?: string; proxied?: boolean | 'session'; env?: Env } = {},
  ): Promise<PostgresSession> {
    const { env = systemEnv, ...given } = more;
    const target = postgresTarget(
      `test.${node.name}`,
      { host: node.host, port: node.port, database: 'postgres', user: 'postgres', ...given },
      new Problems(),
    )!;
    const session = await new PostgresDriver(options).connect(
      target,
      lane,
      env,
      new AbortController().signal,
    );
    this.#sessions.push(session);
    return session;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.cluster.stop();
  }
}

/** Runs one statement on a connection of its own, past everything of ours. */
export async function direct(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** How many backends of a server run that text now. */
export async function running(url: string, text: string): Promise<number> {
  const query = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE query = '${text}' AND state = 'active'`;
  return (await direct(url, query))[0]!.n as number;
}

/** The first column of the first row. */
export async function value(
  session: PostgresSession,
  text: string,
  params?: readonly unknown[],
): Promise<unknown> {
  const { rows } = await session.execute({ text, params, rowMode: 'array' });
  return (rows as unknown[][])[0]?.[0];
}

/** Polls the server, not the clock: what it waits for happens there, at a time of its own. */
export async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Whether another backend runs that text now. */
export async function isRunning(watcher: PostgresSession, text: string): Promise<boolean> {
  const count = await value(
    watcher,
    `SELECT count(*)::int FROM pg_stat_activity WHERE query = $1 AND state = 'active' AND pid <> pg_backend_pid()`,
    [text],
  );
  return count !== 0;
}

import { Problems, systemEnv, type Env } from '@nest-pooling/core';
import { startMariadbCluster, type MariadbCluster, type MariadbNode } from '@nest-pooling/services';
import type { Lane } from '@nest-pooling/sql';
import { MysqlDriver } from './driver.js';
import type { MysqlDriverOptions } from './driver-options.js';
import type { MysqlSession } from './session.js';
import { mysqlTarget } from './target.js';

/** For starting and stopping servers. */
export const LIMIT_MS = 60_000;

/** A primary and a replica with a table, and the sessions that a test has opened on them. */
export class Servers {
  readonly cluster: MariadbCluster;
  readonly primary: MariadbNode;
  readonly replica: MariadbNode;
  readonly #sessions: MysqlSession[] = [];

  private constructor(cluster: MariadbCluster) {
    this.cluster = cluster;
    this.primary = cluster.primary;
    this.replica = cluster.replicas[0]!;
  }

  static async start(): Promise<Servers> {
    const servers = new Servers(await startMariadbCluster({ replicas: 1 }));
    const admin = await servers.open(servers.primary);
    await admin.execute({ text: 'CREATE TABLE notes (id int AUTO_INCREMENT PRIMARY KEY, body text)' });
    await admin.execute({ text: 'CREATE TABLE numbers (n int PRIMARY KEY)' });
    await admin.execute({ text: 'INSERT INTO numbers SELECT seq FROM seq_1_to_10000' });
    await servers.cluster.waitForReplication();
    return servers;
  }

  async open(
    node: MariadbNode,
    lane: Lane = 'write',
    options: MysqlDriverOptions = {},
    more: { proxied?: boolean | 'session'; env?: Env } = {},
  ): Promise<MysqlSession> {
    const { env = systemEnv, ...given } = more;
    const target = mysqlTarget(`test.${node.name}`, { url: node.url, ...given }, new Problems())!;
    const session = await new MysqlDriver(options).connect(target, lane, env, new AbortController().signal);
    this.#sessions.push(session);
    return session;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.cluster.stop();
  }
}

/** The first column of the first row. */
export async function value(
  session: MysqlSession,
  text: string,
  params?: readonly unknown[],
): Promise<unknown> {
  const { rows } = await session.execute({ text, ...(params && { params }), rowMode: 'array' });
  return (rows as unknown[][])[0]?.[0];
}

/** Polls the server, not the clock: what it waits for happens there, at a time of its own. */
export async function until(check: () => Promise<boolean>, everyMs = 10): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, everyMs));
}

/** How many connections run that text now. */
export async function running(watcher: MysqlSession, text: string): Promise<number> {
  const count =
    'SELECT count(*) FROM information_schema.processlist WHERE info = ? AND id <> connection_id()';
  return (await value(watcher, count, [text])) as number;
}

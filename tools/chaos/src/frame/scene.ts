import { systemEnv } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import type { Report, Row } from '@nest-pooling/report';
import {
  startPostgresCluster,
  type PostgresCluster,
  type PostgresClusterOptions,
} from '@nest-pooling/services';
import { contenders } from '../contenders/contenders.js';
import { ITEMS, type Heard, type Urls } from './contender.js';
import { pause } from './load.js';
import type { Recording } from './recording.js';
import { Runner } from './runner.js';

/** 40 workers of everybody, as many reads per second as two processors bear of all contenders at once. */
const WORKERS = 40;
const WRITERS = 8;
const PAUSE_MS = 100;
/** What is measured before the fault. */
export const BEFORE_MS = 3_000;

/** A cluster with known rows, and all contenders in the middle of reads. */
export class Scene {
  constructor(
    readonly cluster: PostgresCluster,
    readonly runners: readonly Runner[],
  ) {}

  get ours(): Runner {
    return this.runners[0]!;
  }

  /** Everybody reads from now on; resolves after a second in which nobody counts. */
  async read(pauseMs = PAUSE_MS): Promise<void> {
    const load = { workers: WORKERS, pauseMs };
    await this.everybody((runner) => runner.ask({ do: 'reads', load }));
    await pause(1_000);
  }

  /** Everybody writes from now on, by a few workers. */
  async write(): Promise<void> {
    const options = { workers: WRITERS, pauseMs: PAUSE_MS / 5 };
    await this.everybody((runner, n) =>
      runner.ask({ do: 'writes', load: { ...options, first: rangeOf(n)[0] } }),
    );
  }

  everybody<T>(work: (runner: Runner, n: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.runners.map(work));
  }

  /** The recordings by name. */
  async stop(): Promise<Record<string, Recording>> {
    const all = await this.everybody(async (runner) => [runner.name, await runner.stop()] as const);
    return Object.fromEntries(all);
  }
}

/** What a scene is to be. */
export interface SceneOptions {
  readonly cluster?: PostgresClusterOptions;
  /** Who takes part; default everybody. */
  readonly names?: readonly string[];
  /** Where the contenders find the nodes, if not directly. */
  readonly urls?: (cluster: PostgresCluster) => Promise<Urls>;
}

/** Sets a scene up, plays it, and takes everything down. */
export async function onScene(
  play: (scene: Scene) => Promise<readonly Row[]>,
  options: SceneOptions = {},
): Promise<Report> {
  await using cluster = await startPostgresCluster({ replicas: 2, ...options.cluster });
  await direct(cluster.primary.url, 'CREATE TABLE item (id int PRIMARY KEY, value text NOT NULL)');
  await direct(
    cluster.primary.url,
    `INSERT INTO item SELECT n, 'value ' || n FROM generate_series(1, ${ITEMS}) n`,
  );
  await direct(cluster.primary.url, 'CREATE TABLE written (id int PRIMARY KEY)');
  await cluster.waitForReplication();
  const urls = (await options.urls?.(cluster)) ?? urlsOf(cluster);
  const runners = (options.names ?? Object.keys(contenders)).map((name) => new Runner(name));
  try {
    await Promise.all(runners.map((runner) => runner.open(urls)));
    const rows = await play(new Scene(cluster, runners));
    return { notes: told(runners[0]!.heard), rows };
  } finally {
    for (const runner of runners) runner.end();
  }
}

/** What our router said, since its first word. */
function told(heard: readonly Heard[]): string[] {
  return heard.map(({ at, what, facts }) => {
    const { node, state, why, reason = '' } = facts as Record<string, string | undefined>;
    const after = ((at - heard[0]!.at) / 1_000).toFixed(3);
    return `ours, ${after} s: ${what} ${node} ${state ?? why ?? ''} ${reason}`.trimEnd();
  });
}

/** The numbers that the nth contender writes: from, and up to. */
export function rangeOf(n: number): readonly [from: number, to: number] {
  return [n * 10_000_000 + 1, (n + 1) * 10_000_000 + 1];
}

export function urlsOf(cluster: PostgresCluster): Urls {
  return { primary: cluster.primary.url, replicas: cluster.replicas.map(({ url }) => url) };
}

/** Runs one statement on a connection of its own. */
export async function direct<R>(url: string, text: string): Promise<readonly R[]> {
  const pool = postgres({ primary: { url }, pool: { min: 0, max: 1 } }).open('direct', systemEnv);
  try {
    return (await pool.face.query<R>(text)).rows;
  } finally {
    await pool.close();
  }
}

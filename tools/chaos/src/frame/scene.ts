import type { Report, Row } from '@nest-pooling/report';
import type { MariadbClusterOptions, PostgresClusterOptions } from '@nest-pooling/services';
import { contenders, type Family } from '../contenders/contenders.js';
import { direct, families, type Clusters } from './clusters.js';
import { UNCAUGHT, type Urls } from './contender.js';
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
export class Scene<F extends Family = 'postgres'> {
  constructor(
    readonly cluster: Clusters[F],
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
export interface SceneOptions<F extends Family> {
  readonly cluster?: F extends 'mariadb' ? MariadbClusterOptions : PostgresClusterOptions;
  /** Who takes part; default everybody. */
  readonly names?: readonly string[];
  /** Where the contenders find the nodes, if not directly. */
  readonly urls?: (cluster: Clusters[F]) => Promise<Urls>;
}

/** Sets a scene up on Postgres, plays it, and takes everything down. */
export function onScene(
  play: (scene: Scene) => Promise<readonly Row[]>,
  options: SceneOptions<'postgres'> = {},
): Promise<Report> {
  return onFamily('postgres', play, options);
}

/** {@link onScene} on that kind of server. */
export async function onFamily<F extends Family>(
  family: F,
  play: (scene: Scene<F>) => Promise<readonly Row[]>,
  options: SceneOptions<F> = {},
): Promise<Report> {
  const { start, items } = families[family];
  await using cluster = await start({ replicas: 2, ...options.cluster });
  const { url } = cluster.primary;
  for (const text of ['CREATE TABLE item (id int PRIMARY KEY, value text NOT NULL)', items])
    await direct(url, text);
  await direct(url, 'CREATE TABLE written (id int PRIMARY KEY)');
  await cluster.waitForReplication();
  const urls = (await options.urls?.(cluster)) ?? urlsOf(cluster);
  const runners = (options.names ?? Object.keys(contenders[family])).map((name) => new Runner(family, name));
  try {
    await Promise.all(runners.map((runner) => runner.open(urls)));
    const rows = await play(new Scene(cluster, runners));
    return { notes: runners.flatMap((runner) => [...told(runner), ...uncaught(runner)]), rows };
  } finally {
    for (const runner of runners) runner.end();
  }
}

/** What our router said, since its first word. */
function told({ name, heard }: Runner): string[] {
  const words = name === 'ours' ? heard.filter(({ what }) => what !== UNCAUGHT) : [];
  return words.map(({ at, what, facts }) => {
    const { node, state, why, reason = '' } = facts as Record<string, string | undefined>;
    const after = ((at - words[0]!.at) / 1_000).toFixed(3);
    return `ours, ${after} s: ${what} ${node} ${state ?? why ?? ''} ${reason}`.trimEnd();
  });
}

function uncaught({ name, heard }: Runner): string[] {
  const all = heard.filter(({ what }) => what === UNCAUGHT);
  const first = all[0]?.facts as { message: string } | undefined;
  if (first === undefined) return [];
  return [
    `${name}: ${all.length} exceptions that nobody can catch, each of which ends a process: ${first.message}`,
  ];
}

/** The numbers that the nth contender writes: from, and up to. */
export function rangeOf(n: number): readonly [from: number, to: number] {
  return [n * 10_000_000 + 1, (n + 1) * 10_000_000 + 1];
}

export function urlsOf(cluster: Clusters[Family]): Urls {
  return { primary: cluster.primary.url, replicas: cluster.replicas.map(({ url }) => url) };
}

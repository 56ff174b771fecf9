import { measured, must, type Report, type Row } from '@nest-pooling/report';
import type { Family } from '../contenders/contenders.js';
import { now } from '../frame/contender.js';
import { audit, writtenOn, type Audit } from '../frame/ledger.js';
import { pause } from '../frame/load.js';
import { codes, type Recording } from '../frame/recording.js';
import { readRows } from '../frame/rows.js';
import { direct } from '../frame/clusters.js';
import { BEFORE_MS, onScene, type Scene } from '../frame/scene.js';

/** Two probes with the longest jitter. */
const TWO_PROBES_MS = 600;
/** Somebody has to notice before anybody promotes. */
const NOTICE_MS = 1_000;
const AFTER_MS = 3_000;

/** The primary is killed and a replica promoted: once where a commit is on a replica before it is acknowledged, once where it is not. */
export async function failover(): Promise<Report> {
  const reports = [await play('synchronous'), await play('asynchronous')];
  return { notes: reports.flatMap(({ notes }) => notes), rows: reports.flatMap(({ rows }) => rows) };
}

function play(mode: 'synchronous' | 'asynchronous'): Promise<Report> {
  return onScene(async (scene) => {
    const { cluster } = scene;
    const safe = mode === 'synchronous';
    if (safe) {
      await direct(cluster.primary.url, "ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'");
      await direct(cluster.primary.url, 'SELECT pg_reload_conf()');
      await cluster.waitForReplication();
    }
    return failOver(scene, `failover, ${mode}`, safe);
  });
}

/** The primary is killed and a replica promoted, on any kind of server; `safe` where no acknowledged write may be lost by that. */
export async function failOver(scene: Scene<Family>, title: string, safe: boolean): Promise<Row[]> {
  await scene.read();
  await scene.write();
  const before = now();
  await pause(BEFORE_MS);
  const { killed, promoting, promoted, followed } = await replacePrimary(scene);
  await pause(AFTER_MS);
  // Where a commit waits for a replica, nothing can be acknowledged until there is one.
  const healed = safe ? followed : promoted;
  const recordings = await scene.stop();
  const there = await writtenOn(scene.cluster.primary);
  const writes = Object.entries(recordings).flatMap(([name, recording]) =>
    writeRows(
      `${title}, ${name}`,
      name === 'ours',
      safe,
      recording,
      audit(recording, there),
      promoting,
      healed,
    ),
  );
  return [...readRows(title, recordings, { before, fault: killed, healed }), ...writes];
}

/** When what was done, on the clock of `now()`. */
interface Replaced {
  readonly killed: number;
  readonly promoting: number;
  readonly promoted: number;
  readonly followed: number;
}

/** A replica of any kind. */
interface Follower {
  follow(upstream: unknown): Promise<void>;
}

/** Kills the primary, promotes the replica that has most, and lets the other one follow it. */
export async function replacePrimary({ cluster }: Scene<Family>): Promise<Replaced> {
  const killed = now();
  await cluster.primary.kill();
  await pause(NOTICE_MS);
  const next = await cluster.mostAdvanced();
  const promoting = now();
  await next.promote();
  const promoted = now();
  // The dead one is told nothing.
  const live: readonly Follower[] = cluster.replicas.filter(({ state }) => state === 'running');
  for (const node of live) await node.follow(next);
  return { killed, promoting, promoted, followed: now() };
}

function writeRows(
  title: string,
  ours: boolean,
  safe: boolean,
  { writes }: Recording,
  { acknowledged, lost, phantom, unknown, untold }: Audit,
  promoting: number,
  promoted: number,
): Row[] {
  const none = { atMost: 0 };
  const held = (what: string, figure: number): Row =>
    ours ? must(`${title}: ${what}`, figure, '', none) : measured(`${title}: ${what}`, figure, '');
  const good = writes.filter(({ code, at, ms }) => code === '' && at + ms > promoting);
  const after = good.filter(({ at, ms }) => at + ms >= promoted).length;
  const first = Math.min(...good.map(({ at, ms }) => at + ms));
  const recovery = Math.max(0, first - promoted);
  return [
    measured(`${title}: writes acknowledged`, acknowledged, ''),
    measured(`${title}: writes acknowledged after the promotion`, after, ''),
    ...(ours
      ? [must(`${title}: writes go on after the promotion within`, recovery, 'ms', { atMost: TWO_PROBES_MS })]
      : []),
    safe
      ? held('acknowledged writes that are not there', lost)
      : measured(`${title}: acknowledged writes that the server lost`, lost, ''),
    held('writes told as not done that are there', phantom),
    held('failed writes of which nothing was told', untold),
    measured(`${title}: writes told as unknown`, unknown, ''),
    ...codes(writes).map(([code, n]) => measured(`${title}: writes told ${code}`, n, '')),
  ];
}

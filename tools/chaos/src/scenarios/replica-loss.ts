import { measured, must, type Report, type Row } from '@nest-pooling/report';
import type { Family } from '../contenders/contenders.js';
import { now } from '../frame/contender.js';
import { pause } from '../frame/load.js';
import { within, type Sample } from '../frame/recording.js';
import { readRows } from '../frame/rows.js';
import { BEFORE_MS, onScene, type Scene } from '../frame/scene.js';

const VICTIM = 'shop.replica-1';
const DOWN_MS = 5_000;
const READS = 20_000;
/** The pause of a worker: short, for so many reads. */
const FAST_MS = 40;
const EVEN_MS = 10_000;
/** The traffic is even when the replica that has less has at least so much of what the other has. */
const EVEN = 0.8;
const WINDOW_MS = 1_000;

/** One of two replicas is killed under load and restarted. */
export function replicaLoss(): Promise<Report> {
  return onScene((scene) => loseReplica(scene, 'replica killed'));
}

/** {@link replicaLoss} on any kind of server. */
export async function loseReplica(scene: Scene<Family>, title: string): Promise<Row[]> {
  const victim = scene.cluster.node('replica-1');
  await scene.read(FAST_MS);
  const before = now();
  await pause(BEFORE_MS);
  const fault = now();
  await victim.kill();
  const out = await scene.ours.ejected(VICTIM, fault);
  await pause(fault + DOWN_MS - now());
  const healed = now();
  await victim.start();
  const back = await scene.ours.readmitted(VICTIM, healed);
  await pause(back.at + EVEN_MS + WINDOW_MS - now());
  while ((await scene.ours.ask<{ reads: number }>({ do: 'counts' })).reads < READS) await pause(100);
  const recordings = await scene.stop();
  const { reads } = recordings.ours!;
  return [
    ...readRows(title, recordings, { before, fault, healed }),
    must(`${title}, ours: reads in all`, reads.length, '', { atLeast: READS }),
    must(`${title}, ours: out of rotation after`, out.at - fault, 'ms', { atMost: 1_000 }),
    measured(`${title}, ours: back in rotation after the restart`, back.at - healed, 'ms'),
    must(`${title}, ours: even (>= ${EVEN}) after readmission`, evenAfter(reads, back.at), 'ms', {
      atMost: EVEN_MS,
    }),
  ];
}

/** The end of the first second from which on both replicas serve about the same. */
function evenAfter(reads: readonly Sample[], from: number): number {
  const end = Math.max(...reads.map(({ at }) => at)) - WINDOW_MS;
  let even = Infinity;
  for (let at = end; at >= from; at -= WINDOW_MS / 4) {
    const counts = new Map<string, number>();
    for (const { node = '' } of within(reads, at, at + WINDOW_MS))
      counts.set(node, (counts.get(node) ?? 0) + 1);
    const [a = 0, b = 0] = ['shop.replica-1', 'shop.replica-2'].map((node) => counts.get(node));
    if (Math.min(a, b) < EVEN * Math.max(a, b)) break;
    even = at + WINDOW_MS - from;
  }
  return even;
}

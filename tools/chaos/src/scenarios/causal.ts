import { must, type Report, type Row } from '@nest-pooling/report';
import type { Family } from '../contenders/contenders.js';
import { onReplicas, pairs } from '../frame/pairs.js';
import { onScene, type Scene } from '../frame/scene.js';

const PAIRS = 2_000;

/** A row is written by one app instance and read by another right after: ours hands a token on, the peers have none. */
export function causal(): Promise<Report> {
  return onScene((scene) => readAfterWrite(scene, 'read right after write'));
}

/** {@link causal} on any kind of server. */
export async function readAfterWrite(scene: Scene<Family>, title: string): Promise<Row[]> {
  const { rows, ours } = await pairs(scene, { title, level: 'token', count: PAIRS, workers: 40, offset: 0 });
  return [...rows, must(`${title}, ours: served by replicas`, onReplicas(ours), '%', { atLeast: 90 })];
}

import { must, type Report } from '@nest-pooling/report';
import { onReplicas, pairs } from '../frame/pairs.js';
import { onScene } from '../frame/scene.js';

const PAIRS = 2_000;

/** A row is written by one app instance and read by another right after: ours hands a token on, the peers have none. */
export function causal(): Promise<Report> {
  return onScene(async (scene) => {
    const title = 'read right after write';
    const { rows, ours } = await pairs(scene, {
      title,
      level: 'token',
      count: PAIRS,
      workers: 40,
      offset: 0,
    });
    return [...rows, must(`${title}, ours: served by replicas`, onReplicas(ours), '%', { atLeast: 90 })];
  });
}

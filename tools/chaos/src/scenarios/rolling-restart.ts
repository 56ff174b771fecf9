import type { Report } from '@nest-pooling/report';
import { now } from '../frame/contender.js';
import { pause } from '../frame/load.js';
import { readRows } from '../frame/rows.js';
import { BEFORE_MS, onScene } from '../frame/scene.js';

const AFTER_MS = 2_000;

/** Every replica is stopped as an operator does it, and started again, one after the other. */
export function rollingRestart(): Promise<Report> {
  return onScene(
    async (scene) => {
      await scene.read();
      const before = now();
      await pause(BEFORE_MS);
      const fault = now();
      for (const replica of scene.cluster.replicas) {
        await replica.stop();
        await pause(1_000);
        const started = now();
        await replica.start();
        // As a careful operator: the next one when this one is back.
        await scene.ours.readmitted(`shop.${replica.name}`, started);
        await pause(500);
      }
      const healed = now();
      await pause(AFTER_MS);
      return readRows('rolling restart', await scene.stop(), { before, fault, healed });
    },
    { cluster: { replicas: 3 } },
  );
}

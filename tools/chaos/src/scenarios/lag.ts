import { must, measured, type Report, type Row } from '@nest-pooling/report';
import { pause } from '../frame/load.js';
import { onReplicas, pairs } from '../frame/pairs.js';
import { onScene, type Scene } from '../frame/scene.js';

const LAG_MS = 2_000;
/** So that everybody's probes have seen it. */
const SEEN_MS = 1_500;
const PAIRS = 200;
const WORKERS = 20;

/** One replica lags by two seconds; later both replay nothing at all. */
export function lag(): Promise<Report> {
  return onScene(async (scene) => {
    const { cluster } = scene;
    const [first, second] = cluster.replicas;
    await first!.lag(LAG_MS);
    await pause(SEEN_MS);
    const lagging = await levels(scene, 'one replica lags 2 s', 0, false);
    await first!.lag(0);
    await cluster.waitForReplication();
    await Promise.all([first!.pauseReplay(), second!.pauseReplay()]);
    await pause(SEEN_MS);
    return [...lagging, ...(await levels(scene, 'replay paused', 1_000_000, true))];
  });
}

async function levels(scene: Scene, title: string, offset: number, mayRefuse: boolean): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [n, level] of (['read-your-writes', 'bounded', 'eventual'] as const).entries()) {
    const what = `${title}, ${level}`;
    const from = offset + n * 10_000;
    const done = await pairs(scene, {
      title: what,
      level,
      count: PAIRS,
      workers: WORKERS,
      offset: from,
      mayRefuse,
    });
    rows.push(...done.rows);
    rows.push(
      level === 'eventual'
        ? must(`${what}, ours: served by replicas`, onReplicas(done.ours), '%', { atLeast: 90 })
        : measured(`${what}, ours: served by replicas`, onReplicas(done.ours), '%'),
    );
  }
  return rows;
}

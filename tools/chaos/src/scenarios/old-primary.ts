import { measured, must, type Report } from '@nest-pooling/report';
import { now } from '../frame/contender.js';
import { writtenOn } from '../frame/ledger.js';
import { pause } from '../frame/load.js';
import { failed, within } from '../frame/recording.js';
import { onScene, rangeOf } from '../frame/scene.js';
import { replacePrimary } from './failover.js';

const BACK_MS = 4_000;

/** A primary that was replaced starts again as what it was, and takes whatever it is given. */
export function oldPrimary(): Promise<Report> {
  return onScene(async (scene) => {
    const old = scene.cluster.primary;
    await scene.read();
    await scene.write();
    const { killed, promoting, promoted } = await replacePrimary(scene);
    const has = await scene.ours.told(
      'primary',
      ({ node }) => node === `shop.${scene.cluster.primary.name}`,
      killed,
    );
    await old.start();
    const returned = now();
    await pause(BACK_MS);
    const alarms = scene.ours.heard.filter(
      ({ what, facts, at }) => what === 'alarm' && facts.node === 'shop.primary' && at >= killed,
    );
    const recordings = await scene.stop();
    const [there, before] = [await writtenOn(old), await writtenOn(scene.cluster.primary)];
    const strays = Object.keys(recordings).map((name, n) => {
      const [from, to] = rangeOf(n);
      const sent = [...there].filter((id) => id >= from && id < to && !before.has(id));
      // What the old one alone had before it died is not what it was given now.
      const lately = new Set(within(recordings[name]!.writes, promoted).map(({ id }) => id));
      return { name, count: sent.filter((id) => lately.has(id)).length };
    });
    const { reads, writes } = recordings.ours!;
    return [
      ...strays.map(({ name, count }) =>
        name === 'ours'
          ? must('old primary, ours: writes that reached it', count, '', { atMost: 0 })
          : measured(`old primary, ${name}: writes that reached it`, count, ''),
      ),
      must('old primary, ours: alarms', alarms.length, '', { atLeast: 1 }),
      measured(
        'old primary, ours: the new primary was seen after promote was called',
        has.at - promoting,
        'ms',
      ),
      must('old primary, ours: reads failed', failed(reads), '', { atMost: 0 }),
      must('old primary, ours: writes failed after it returned', failed(within(writes, returned)), '', {
        atMost: 0,
      }),
      measured('old primary, ours: writes after it returned', within(writes, returned).length, ''),
    ];
  });
}

import { measured, must, type Report } from '@nest-pooling/report';
import { now } from '../frame/contender.js';
import { pause } from '../frame/load.js';
import { failed, within } from '../frame/recording.js';
import { BEFORE_MS, onScene } from '../frame/scene.js';

const STALL_MS = 2_000;
const AFTER_MS = 3_000;

/** Our own process is busy for two seconds: that says nothing about the servers. The peers watch no server. */
export function stall(): Promise<Report> {
  return onScene(
    async (scene) => {
      await scene.read();
      await pause(BEFORE_MS);
      const fault = now();
      await scene.ours.ask({ do: 'stall', ms: STALL_MS });
      await pause(AFTER_MS);
      const { reads } = (await scene.stop()).ours!;
      const ejected = scene.ours.heard.filter(({ at, facts }) => at >= fault && facts.state === 'ejected');
      return [
        must('stall, ours: nodes ejected', ejected.length, '', { atMost: 0 }),
        measured('stall, ours: reads', within(reads, fault).length, ''),
        measured('stall, ours: failed', failed(within(reads, fault - 1_000)), ''),
      ];
    },
    { names: ['ours'] },
  );
}

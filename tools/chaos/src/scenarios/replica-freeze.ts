import { must, type Report } from '@nest-pooling/report';
import { now } from '../frame/contender.js';
import { pause } from '../frame/load.js';
import { p99, within, type Sample } from '../frame/recording.js';
import { readRows } from '../frame/rows.js';
import { BEFORE_MS, onScene } from '../frame/scene.js';

const FROZEN_MS = 6_000;
const AFTER_MS = 2_000;
const DETECTION_MS = 1_000;
/** p99 is "as before" when the median of its seconds is at most twice that of the seconds before, plus this. */
const NOISE_MS = 10;

/** One of two replicas stops without a word, and goes on later. */
export function replicaFreeze(): Promise<Report> {
  return onScene(async (scene) => {
    const victim = scene.cluster.node('replica-1');
    await scene.read();
    const before = now();
    await pause(BEFORE_MS);
    const fault = now();
    await victim.freeze();
    const out = await scene.ours.ejected('shop.replica-1', fault);
    await pause(fault + FROZEN_MS - now());
    const healed = now();
    await victim.thaw();
    await pause(AFTER_MS);
    const recordings = await scene.stop();
    const { reads } = recordings.ours!;
    const usual = steady(reads, before, fault);
    return [
      ...readRows('replica frozen', recordings, { before, fault, healed }),
      must('replica frozen, ours: out of rotation after', out.at - fault, 'ms', { atMost: DETECTION_MS }),
      must(
        'replica frozen, ours: p99 outside the first second (median of the seconds)',
        steady(reads, fault + DETECTION_MS, healed + AFTER_MS),
        'ms',
        { atMost: Math.round(2 * usual + NOISE_MS) },
      ),
    ];
  });
}

/** The median of the p99 of each second: one second in which the machine did something else does not count. */
function steady(reads: readonly Sample[], from: number, to: number): number {
  const seconds: number[] = [];
  for (let at = from; at + 1_000 <= to; at += 1_000) seconds.push(p99(within(reads, at, at + 1_000)));
  return seconds.toSorted((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? Number.NaN;
}

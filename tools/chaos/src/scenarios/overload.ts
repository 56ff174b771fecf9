import { measured, must, type Report, type Row } from '@nest-pooling/report';
import { contenders } from '../contenders/contenders.js';
import { now } from '../frame/contender.js';
import { pause } from '../frame/load.js';
import { codes, failed, p99, within, type Sample } from '../frame/recording.js';
import { onScene } from '../frame/scene.js';

const WRITES_PER_SECOND = 100;
const SPAN_MS = 10_000;
const PEER_SPAN_MS = 3_000;
/** The moment in which the replicas are noticed to be dead. */
const NOTICE_MS = 1_000;
const FAST_MS = 500;

/** Every replica dies under as many reads as the workers can make: the primary's writes must not suffer. One contender after the other. */
export async function overload(): Promise<Report> {
  const reports: Report[] = [];
  for (const name of Object.keys(contenders.postgres)) reports.push(await play(name));
  return {
    notes: reports.flatMap(({ notes }) => notes).slice(0, 12),
    rows: reports.flatMap(({ rows }) => rows),
  };
}

function play(name: string): Promise<Report> {
  const ours = name === 'ours';
  const span = ours ? SPAN_MS : PEER_SPAN_MS;
  return onScene(
    async (scene) => {
      await scene.ours.ask({ do: 'writes', load: { workers: 0, pauseMs: 0, perSecond: WRITES_PER_SECOND } });
      await scene.read(1);
      const before = now();
      await pause(span);
      const fault = now();
      await Promise.all(scene.cluster.replicas.map((node) => node.kill()));
      await pause(fault + span - now());
      const end = now();
      const { reads, writes } = (await scene.stop())[name]!;
      const row = (what: string, figure: number, unit = ''): Row =>
        measured(`overload, ${name}: ${what}`, figure, unit);
      const kept = (100 * good(writes, fault, end)) / good(writes, before, fault);
      const refused = within(reads, fault + NOTICE_MS, end).filter(({ code }) => code !== '');
      const untyped = refused.filter(({ code }) => !code.startsWith('ROUTING_')).length;
      return [
        row('reads before', within(reads, before, fault).length),
        row('reads served after', good(reads, fault, end)),
        row('reads failed after', failed(within(reads, fault, end))),
        row('writes before', good(writes, before, fault)),
        ...(ours
          ? [
              must('overload, ours: writes kept', kept, '%', { atLeast: 80 }),
              must('overload, ours: excess reads fail within (p99)', p99(refused), 'ms', { atMost: FAST_MS }),
              must('overload, ours: excess reads that fail untyped', untyped, '', { atMost: 0 }),
            ]
          : [row('writes kept', kept, '%'), row('p99 of failed reads', p99(refused), 'ms')]),
        row('p99 of writes before', p99(within(writes, before, fault)), 'ms'),
        row('p99 of writes after', p99(within(writes, fault, end)), 'ms'),
        ...codes(within(reads, fault, end)).map(([code, n]) => row(`told ${code}`, n)),
      ];
    },
    { names: [name] },
  );
}

/** Calls that went well and ended in that time. */
function good(samples: readonly Sample[], from: number, to: number): number {
  return samples.filter(({ code, at, ms }) => code === '' && at + ms >= from && at + ms < to).length;
}

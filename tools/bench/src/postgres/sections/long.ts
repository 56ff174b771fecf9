import { measured, must, type Row } from '@nest-pooling/report';
import { ITEMS } from '../contender.js';
import { Ours } from '../contenders/ours.js';
import { checkItem, failuresAtOnce } from '../slice.js';

const QUERIES = 500_000;
/** Before anything counts, so that what the compiler takes does not make the first tenth look slow. */
const WARM_UP = 20_000;
const WORKERS = 64;
const BURST = 5_000;

interface Tenths {
  readonly perSecond: readonly number[];
  readonly cpu: readonly number[];
  /** What is in use, in bytes; of little worth where no garbage is collected before. */
  readonly heap: readonly number[];
}

/** Half a million queries: does it become slower, does anything pile up? */
export async function enduranceSection(): Promise<readonly Row[]> {
  const name = `${QUERIES} queries`;
  const { perSecond, cpu } = await tenthsOf(() => {});
  const { heap } = await tenthsOf(() => globalThis.gc?.());
  return [
    must(`${name}: last tenth / first tenth`, perSecond.at(-1)! / perSecond[0]!, 'x', { atLeast: 0.95 }),
    must(`${name}: heap, last fifth / first fifth`, mean(heap.slice(8)) / mean(heap.slice(0, 2)), 'x', {
      atMost: 1.1,
    }),
    // Where the machine was busy with something else, this tells it from ours becoming slower.
    measured(`${name}: cpu, last tenth / first tenth`, cpu.at(-1)! / cpu[0]!, 'x'),
    ...perSecond.map((figure, at) => measured(`${name}: tenth ${at + 1}`, figure, 'per second')),
  ];
}

/** All of them, in ten parts. Each of the two questions has a run of its own: a forced collection makes the part after it slower. */
async function tenthsOf(collect: () => void): Promise<Tenths> {
  const ours = new Ours();
  await ours.open(process.env.BENCH_POSTGRES_URL!);
  let next = -WARM_UP;
  const work = async (until: number): Promise<void> => {
    while (next < until) {
      const id = ((next++ + WARM_UP) % ITEMS) + 1;
      checkItem(await ours.byId(id), id);
    }
  };
  const tenths = { perSecond: [] as number[], cpu: [] as number[], heap: [] as number[] };
  try {
    await together(() => work(0));
    for (let tenth = 1; tenth <= 10; tenth++) {
      const began = performance.now();
      const before = process.cpuUsage();
      await together(() => work((tenth * QUERIES) / 10));
      tenths.perSecond.push((QUERIES / 10 / (performance.now() - began)) * 1_000);
      const { user, system } = process.cpuUsage(before);
      tenths.cpu.push((user + system) / (QUERIES / 10));
      collect();
      tenths.heap.push(process.memoryUsage().heapUsed);
    }
  } finally {
    await ours.close();
  }
  return tenths;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

async function together(work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: WORKERS }, work));
}

/** All at once, each answer checked. */
export async function burstSection(): Promise<readonly Row[]> {
  const ours = new Ours();
  await ours.open(process.env.BENCH_POSTGRES_URL!);
  try {
    const began = performance.now();
    const failures = await failuresAtOnce(ours, BURST);
    const ms = performance.now() - began;
    if (failures.length > 0) console.error(failures[0]);
    return [
      must(`${BURST} queries at once: failed or wrong`, failures.length, '', { atMost: 0 }),
      measured(`${BURST} queries at once: all answered after`, ms, 'ms'),
    ];
  } finally {
    await ours.close();
  }
}

import { measured, must, type Bar, type Row } from '@nest-pooling/report';
import { interleave } from '../measure.js';
import { median, quantile } from '../statistics.js';
import type { Contender } from './contender.js';
import { slice, type Operation, type Slice, type SliceOptions } from './slice.js';

/** Slices of each contender by name; slice `i` of each ran next to slice `i` of the others. */
export type Rounds = ReadonlyMap<string, readonly Slice[]>;

/** Many and short: what else the machine does for a second or two then meets neighbours alike, and few of the slices. */
const ROUNDS = 15;
export const SLICE_MS = 150;
const WARM_UP_MS = 400;

/** How often and how long. */
export interface RoundsOptions extends SliceOptions {
  /** The server. Default: `BENCH_POSTGRES_URL`. */
  readonly url?: string;
  /** Rounds of each opening that count. Default 15. */
  readonly rounds?: number;
  /**
   * How often all are opened anew. Default 1. Where there is one caller there is one server process, and for as long as it lives
   * the kernel may keep it on the client's core or on another, which makes it several times faster or slower, whoever asks.
   */
  readonly openings?: number;
  /** How long each runs after it was opened, before anything counts, in milliseconds. Default 400. */
  readonly warmUpMs?: number;
}

/** Opens all, warms them up, and measures them in interleaved slices. */
export async function rounds(
  contenders: readonly Contender[],
  operation: Operation,
  options: RoundsOptions,
): Promise<Rounds> {
  const url = options.url ?? process.env.BENCH_POSTGRES_URL;
  if (url === undefined) throw new Error('BENCH_POSTGRES_URL must name the server');
  const all = new Map<string, Slice[]>(contenders.map(({ name }) => [name, []]));
  for (let left = options.openings ?? 1; left > 0; left--) {
    const slices = await opening(url, contenders, operation, options);
    for (const [at, { name }] of contenders.entries()) all.get(name)!.push(...slices[at]!);
  }
  return all;
}

async function opening(
  url: string,
  contenders: readonly Contender[],
  operation: Operation,
  options: RoundsOptions,
): Promise<Slice[][]> {
  const open: Contender[] = [];
  try {
    for (const contender of contenders) {
      await contender.open(url);
      open.push(contender);
      await slice(contender, operation, { ...options, ms: options.warmUpMs ?? WARM_UP_MS });
    }
    return await interleave(contenders.length, options.rounds ?? ROUNDS, (at) =>
      slice(contenders[at]!, operation, options),
    );
  } finally {
    for (const contender of open) await contender.close();
  }
}

/** A figure of a slice. */
export type Figure = (slice: Slice) => number;

export const perSecond: Figure = ({ perSecond: figure }) => figure;
export const cpuUs: Figure = ({ cpuUs: figure }) => figure;
/** A quantile of the latencies. */
export const latency =
  (q: number): Figure =>
  ({ latencies }) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))] ?? Number.NaN;

/** The mean of the latencies. */
export const meanLatency: Figure = ({ latencies }) =>
  latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length;

/** How many times the first of the two is of the second, slice by slice, held against a bar if there is one. */
export function ratio(
  all: Rounds,
  name: string,
  figure: Figure,
  [subject, of]: readonly [subject: string, of: string],
  bar?: Bar,
  aim?: number,
): Row {
  const under = slicesOf(all, of);
  const ratios = slicesOf(all, subject).map((one, at) => figure(one) / figure(under[at]!));
  const row = bar ? must(name, median(ratios), 'x', bar, aim) : measured(name, median(ratios), 'x');
  return { ...row, spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)] };
}

/** Every contender by itself. */
export function plain(all: Rounds, where: string): Row[] {
  return [...all].flatMap(([name, slices]) => [
    measured(`${where}: ${name}`, median(slices.map(perSecond)), 'per second'),
    measured(`${where}: ${name}, cpu`, median(slices.map(cpuUs)), 'us each'),
  ]);
}

function slicesOf(all: Rounds, name: string): readonly Slice[] {
  const found = all.get(name);
  if (!found) throw new Error(`'${name}' was not measured: ${[...all.keys()].join(', ')}`);
  return found;
}

import type { Sample } from './statistics.js';

/** What `work` takes, divided by the `n` operations that it does. CPU counts all threads: the collector's too. */
export async function timed(n: number, work: () => Promise<void>): Promise<Sample> {
  const cpu = process.cpuUsage();
  const before = process.hrtime.bigint();
  await work();
  const wallNs = Number(process.hrtime.bigint() - before);
  const { user, system } = process.cpuUsage(cpu);
  return { cpuNs: ((user + system) * 1_000) / n, wallNs: wallNs / n };
}

/**
 * Collects what is young, so that nobody pays for the garbage of the one before. Not everything: a full
 * collection on demand also throws compiled code and type feedback away, and whoever is measured next pays for
 * that (seen: twice the time for the pools that allocate most, which flatters those that do not).
 */
export function collectYoung(): void {
  globalThis.gc?.({ type: 'minor' });
}

/** One turn of the event loop: what a subject put off is its cost too, and must not pile up. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

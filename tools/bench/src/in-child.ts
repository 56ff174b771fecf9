import { fork } from 'node:child_process';
import type { Row } from '@nest-pooling/report';

/**
 * Runs a part of a benchmark in a process of its own: with a heap and a compiler that no other part has used,
 * and where what one part turns on (an AsyncLocalStorage, for one) does not cost the others.
 *
 * @param node The program to run it with; default the present one.
 */
export async function inChild(
  file: URL,
  part: string,
  node: string = process.execPath,
): Promise<readonly Row[]> {
  const child = fork(file, [part], { serialization: 'advanced', execPath: node });
  let rows: readonly Row[] | undefined;
  child.on('message', (message) => {
    rows = message as readonly Row[];
  });
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (exit, signal) => resolve(exit ?? signal));
  });
  if (code !== 0 || rows === undefined) throw new Error(`The part '${part}' ended with ${code}`);
  return rows;
}

/** The other side: what the parent asked for, told to it. The process ends by itself, or something was left. */
export async function asChild(parts: Readonly<Record<string, () => Promise<readonly Row[]>>>): Promise<void> {
  const part = process.argv[2] ?? '';
  const run = parts[part];
  if (run === undefined) throw new Error(`There is no part '${part}': ${Object.keys(parts).join(', ')}`);
  const rows = await run();
  process.send?.(rows, () => process.disconnect());
}

import { expect, test } from '@jest/globals';
import { runInNewContext } from 'node:vm';
import { setFlagsFromString } from 'node:v8';
import { soak, soakPool } from './soak-pool.js';

test('a short soak keeps its invariants and leaves no timer', async () => {
  // As `--expose-gc` does for the command.
  setFlagsFromString('--expose-gc');
  const { gc } = globalThis;
  globalThis.gc = runInNewContext('gc') as NonNullable<typeof gc>;
  try {
    const rows = await soak(1_500);
    const figure = (name: string): number => rows.find((row) => row.name === name)!.figure;
    expect(figure('violations')).toBe(0);
    // Jest's own may end meanwhile.
    expect(figure('timers left after a close')).toBeLessThanOrEqual(0);
    expect(figure('pools')).toBeGreaterThan(1);
    expect(figure('served')).toBeGreaterThan(10);
    // How much the heap grows in so short a time says nothing; that it is looked at does.
    expect(figure('heap: the last fifth against the first')).toBeGreaterThan(0);
  } finally {
    globalThis.gc = gc;
  }
}, 30_000);

test('a duration that is none is refused', async () => {
  await expect(soakPool(['--seconds', 'soon'])).rejects.toThrow(
    '--seconds must be a number above 0 (got soon)',
  );
});

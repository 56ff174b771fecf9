import { describe, expect, it } from '@jest/globals';
import { aims, measured, must, type Row } from './row.js';
import { runNamed, type Named } from './run-named.js';

async function run(known: Record<string, Named>, ...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runNamed('bench', known, argv, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
const gives =
  (...rows: Row[]): Named =>
  async () =>
    rows;

describe('runNamed', () => {
  it('lists what it knows when no name is given', async () => {
    const { code, err } = await run({ pool: gives(), sql: gives() });
    expect(code).toBe(2);
    expect(err).toBe('usage: npm run bench -- <name> [--json]\n  pool\n  sql');
  });

  it('refuses a name that it does not know, also one that every object has', async () => {
    expect((await run({ pool: gives() }, 'pol')).err).toContain("bench knows no 'pol'.");
    expect((await run({ pool: gives() }, 'toString')).code).toBe(2);
  });

  it('says so when there is nothing to run', async () => {
    const { code, err } = await run({});
    expect(code).toBe(2);
    expect(err).toContain('there are none yet');
  });

  it('prints a table and succeeds where every bar that must be reached is', async () => {
    const { code, out, err } = await run(
      {
        pool: gives(
          { ...must('fast', 2, 'x', { atMost: 2.2 }), spread: [1.951, 2] },
          measured('plain', 1234.5, 'ns'),
        ),
      },
      'pool',
    );
    expect(code).toBe(0);
    expect(err).toBe('');
    expect(out).toContain('fast        2  x     1.95 - 2  <= 2.2  yes');
    expect(out).toContain('plain   1,235  ns');
  });

  it('fails where one is missed and names it', async () => {
    const { code, err } = await run({ pool: gives(must('fast', 3, 'x', { atMost: 2.2 })) }, 'pool');
    expect(code).toBe(1);
    expect(err).toBe('1 of 1 rows miss their bar: fast');
  });

  it('does not fail where a row only aims', async () => {
    const { code, out } = await run({ pool: gives(aims('fast', 3, 'x', { atLeast: 5 })) }, 'pool');
    expect(code).toBe(0);
    expect(out).toContain('no (an aim)');
  });

  it('tells whether the aim beyond a bar is reached, which fails nothing', async () => {
    const rows = [
      must('far', 1.6, 'x', { atMost: 2.2 }, 1.7),
      must('near', 16, 'x', { atLeast: 15 }, 20),
      must('short', 14, 'x', { atLeast: 15 }, 20),
    ];
    expect((await run({ pool: gives(rows[0]!, rows[1]!) }, 'pool')).code).toBe(0);
    const { code, out } = await run({ pool: gives(...rows) }, 'pool');
    expect(code).toBe(1);
    expect(out).toMatch(/far .* <= 2.2 \(aim 1.7\) +yes, the aim too/);
    expect(out).toMatch(/near .* >= 15 \(aim 20\) +yes, not the aim/);
    expect(out).toMatch(/short .* NO$/m);
    expect(must('odd', Number.NaN, 'x', { atLeast: 1 }, 2).aimed).toBe(false);
  });

  it('puts notes before the table, and beside the JSON', async () => {
    const known: Record<string, Named> = {
      pool: async () => ({ notes: ['tarn: max 10', 'ours: max 10'], rows: [measured('plain', 1, 'ns')] }),
    };
    const { out } = await run(known, 'pool');
    expect(out).toMatch(/^tarn: max 10\nours: max 10\n\nname +figure/);
    const asJson = await run(known, 'pool', '--json');
    expect(JSON.parse(asJson.out)).toHaveLength(1);
    expect(asJson.err).toBe('tarn: max 10\nours: max 10');
  });

  it('counts a figure that is no number as a miss', async () => {
    expect((await run({ pool: gives(must('odd', Number.NaN, 'x', { atLeast: 1 })) }, 'pool')).code).toBe(1);
    expect((await run({ pool: gives(must('odd', Number.NaN, 'x', { atMost: 1 })) }, 'pool')).code).toBe(1);
  });

  it('prints rows as JSON and hands the other arguments on', async () => {
    const seen: string[] = [];
    const known: Record<string, Named> = {
      pool: async (args) => {
        seen.push(...args);
        return [must('fast', 2, 'x', { atMost: 2.2 })];
      },
    };
    const { out } = await run(known, 'pool', '--seed', '7', '--json');
    expect(JSON.parse(out)).toEqual([
      { name: 'fast', figure: 2, unit: 'x', bar: '<= 2.2', holds: true, must: true },
    ]);
    expect(seen).toEqual(['--seed', '7']);
  });

  it('tells an error of the run itself and fails', async () => {
    const known: Record<string, Named> = {
      pool: async () => {
        throw new Error('no server');
      },
    };
    const { code, err } = await run(known, 'pool');
    expect(code).toBe(1);
    expect(err).toContain('no server');
  });
});

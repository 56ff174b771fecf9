import type { Row } from './row.js';
import { formatRows } from './table.js';

/** Rows, and what a reader must know to judge them. */
export interface Report {
  /** Lines that stand before the rows. */
  readonly notes: readonly string[];
  readonly rows: readonly Row[];
}

/** Something that can be run by its name. It gets the arguments behind the name, without `--json`. */
export type Named = (args: readonly string[]) => Promise<readonly Row[] | Report>;

/** Where a command writes: results, and words about them. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

const CONSOLE: Output = { out: (text) => console.log(text), err: (text) => console.error(text) };

/**
 * Runs the one of `known` that the arguments name and prints its rows, as a table or (`--json`) as an array; notes
 * stand before the table, and beside the array on the other output, so that it can be parsed.
 * Resolves to the exit code: 0, 1 where a row misses a bar that it must reach or the run itself fails,
 * 2 where the name is missing or unknown.
 */
export async function runNamed(
  command: string,
  known: Readonly<Record<string, Named>>,
  argv: readonly string[],
  output: Output = CONSOLE,
): Promise<number> {
  const json = argv.includes('--json');
  const [name, ...args] = argv.filter((arg) => arg !== '--json');
  const run = name !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
  if (run === undefined) {
    if (name !== undefined) output.err(`${command} knows no '${name}'.`);
    output.err(usage(command, Object.keys(known)));
    return 2;
  }
  let report: Report;
  try {
    const result = await run(args);
    report = 'rows' in result ? result : { notes: [], rows: result };
  } catch (error) {
    output.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return 1;
  }
  const { notes, rows } = report;
  if (notes.length > 0) {
    if (json) output.err(notes.join('\n'));
    else output.out(`${notes.join('\n')}\n`);
  }
  output.out(json ? JSON.stringify(rows, undefined, 2) : formatRows(rows));
  const missed = rows.filter((row) => row.must && row.holds === false);
  if (missed.length > 0) {
    output.err(
      `${missed.length} of ${rows.length} rows miss their bar: ${missed.map((r) => r.name).join('; ')}`,
    );
  }
  return missed.length > 0 ? 1 : 0;
}

function usage(command: string, names: readonly string[]): string {
  const list = names.length > 0 ? names.map((name) => `  ${name}`).join('\n') : '  (there are none yet)';
  return `usage: npm run ${command} -- <name> [--json]\n${list}`;
}

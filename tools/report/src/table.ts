import type { Row } from './row.js';

const HEAD = ['name', 'figure', 'unit', 'spread', 'bar', 'holds'] as const;

/** Rows as an aligned table for a terminal. */
export function formatRows(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    digits(row.figure),
    row.unit,
    spread(row),
    row.bar ?? '',
    verdict(row),
  ]);
  const widths = HEAD.map((title, at) => Math.max(title.length, ...cells.map((cell) => cell[at]!.length)));
  const line = (cell: readonly string[]) =>
    cell
      .map((text, at) => (at === 1 ? text.padStart(widths[at]!) : text.padEnd(widths[at]!)))
      .join('  ')
      .trimEnd();
  return [line(HEAD), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}

function spread({ spread: between }: Row): string {
  return between ? between.map(digits).join(' - ') : '';
}

function verdict(row: Row): string {
  if (row.holds === null) return '';
  if (row.holds) return row.aimed === undefined ? 'yes' : row.aimed ? 'yes, the aim too' : 'yes, not the aim';
  return row.must ? 'NO' : 'no (an aim)';
}

/** Three significant digits, and never fewer than the whole number has. */
function digits(figure: number): string {
  if (!Number.isFinite(figure)) return String(figure);
  const size = Math.abs(figure);
  if (size >= 100 || Number.isInteger(figure)) return Math.round(figure).toLocaleString('en-US');
  return figure.toFixed(size >= 10 ? 1 : 2);
}

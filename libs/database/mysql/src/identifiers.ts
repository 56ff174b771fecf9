import type { Problems } from '@nest-pooling/core';

/** What servers keep of a name, in characters. */
const LONGEST_NAME = 64;

/** Quotes a name: it means exactly what it says, blanks included. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** Checks a name of a column or table. */
export function checkName(problems: Problems, path: string, name: unknown): name is string {
  const before = problems.count;
  if (typeof name !== 'string') problems.add(path, 'must be a string', typeof name);
  else if (name === '') problems.add(path, 'must not be empty');
  else if (name.includes('\0')) problems.add(path, 'must not contain a NUL character');
  else if (name.length > LONGEST_NAME)
    problems.add(path, `must not be longer than ${LONGEST_NAME} characters`, name);
  return problems.count === before;
}

/** The quoted name of a table: `orders`, `shop.orders`, or its parts where one holds a dot itself. */
export function quotedTable(problems: Problems, path: string, table: unknown): string {
  const parts: unknown = typeof table === 'string' ? table.split('.') : table;
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > 2) {
    problems.add(path, 'must be a name, database.name, or an array of these');
    return '';
  }
  const fits = parts.map((part: unknown) => checkName(problems, path, part)).every(Boolean);
  return fits ? (parts as string[]).map(quoted).join('.') : '';
}

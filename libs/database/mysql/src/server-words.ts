/** What the server said, as far as it names things and shows no values. */
export interface ServerWords {
  readonly words: string;
  readonly constraint?: string;
  readonly table?: string;
  readonly column?: string;
  readonly schema?: string;
}

/** `near 'WHERE name = 'secret'' at line 2`: the statement's own text is quoted from there on. */
const NEAR = / near '([A-Za-z_]*).*' at line (\d+)$/s;
const DUPLICATE = /^Duplicate entry '.*' for key '([^']*)'$/s;
/** Everything between the first and the last quote that is followed by what the value was for, or by the end. */
const VALUE = /'.*'(?= for | at row | is |$)/s;
const FOREIGN_KEY = /\(`([^`]*)`\.`([^`]*)`, CONSTRAINT `([^`]*)` FOREIGN KEY \(`([^`)]*)`/;

/** Numbers whose messages show values; what their pattern does not fit is not shown at all. */
const SHOW_VALUES: ReadonlySet<number> = new Set([
  1062, 1064, 1149, 1292, 1366, 1367, 1411, 1525, 1586, 1690,
]);

/** What an error of the server names, and its words without values. */
export function serverWords(errno: number, message: string): ServerWords {
  switch (errno) {
    case 1062:
    case 1586:
      return duplicate(message);
    case 1048:
    case 1364:
    case 1406:
    case 1264:
    case 1265:
      return named(message, { column: /(?:[Cc]olumn|[Ff]ield) '([^']*)'/ });
    case 1054:
      return named(message, { column: /^Unknown column '([^']*)'/ });
    case 1146:
    case 1051:
      return table(message);
    case 1451:
    case 1452:
      return foreignKey(message);
    case 3819:
      return named(message, { constraint: /^Check constraint '([^']*)'/ });
    case 4025:
      return check(message);
    default:
      return { words: SHOW_VALUES.has(errno) ? withoutValues(errno, message) : message };
  }
}

function withoutValues(errno: number, message: string): string {
  if (errno === 1064 || errno === 1149) {
    const [shown, word, line] = NEAR.exec(message) ?? [];
    if (shown === undefined) return 'You have an error in your SQL syntax';
    return message.replace(shown, word === '' ? ` at line ${line}` : ` near ${word} … at line ${line}`);
  }
  return VALUE.test(message) ? message.replace(VALUE, "'…'") : 'A value does not fit';
}

function duplicate(message: string): ServerWords {
  const key = DUPLICATE.exec(message)?.[1];
  if (key === undefined) return { words: 'Duplicate entry for a unique key' };
  // MySQL 8 puts the table before it.
  const dot = key.indexOf('.');
  const constraint = key.slice(dot + 1);
  const words = `Duplicate entry for key '${key}'`;
  return dot < 0 ? { words, constraint } : { words, constraint, table: key.slice(0, dot) };
}

function named(
  message: string,
  patterns: Readonly<Partial<Record<'column' | 'constraint', RegExp>>>,
): ServerWords {
  const found = Object.entries(patterns).flatMap(([name, pattern]) => {
    const value = pattern.exec(message)?.[1];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { words: message, ...(Object.fromEntries(found) as object) };
}

function table(message: string): ServerWords {
  const [, schema, name] = /'(?:([^'.]*)\.)?([^']*)'/.exec(message) ?? [];
  if (name === undefined) return { words: message };
  return { words: message, table: name, ...(schema === undefined ? {} : { schema }) };
}

function foreignKey(message: string): ServerWords {
  const [, schema, name, constraint, column] = FOREIGN_KEY.exec(message) ?? [];
  return constraint === undefined
    ? { words: message }
    : { words: message, schema: schema!, table: name!, constraint, column: column! };
}

function check(message: string): ServerWords {
  const [, constraint, schema, name] = /`([^`]*)` failed for `([^`]*)`\.`([^`]*)`/.exec(message) ?? [];
  return constraint === undefined
    ? { words: message }
    : { words: message, constraint, schema: schema!, table: name! };
}

/** SQLite's primary result codes. */
const PRIMARY: Readonly<Record<number, string>> = {
  1: 'ERROR',
  2: 'INTERNAL',
  3: 'PERM',
  4: 'ABORT',
  5: 'BUSY',
  6: 'LOCKED',
  7: 'NOMEM',
  8: 'READONLY',
  9: 'INTERRUPT',
  10: 'IOERR',
  11: 'CORRUPT',
  12: 'NOTFOUND',
  13: 'FULL',
  14: 'CANTOPEN',
  15: 'PROTOCOL',
  16: 'EMPTY',
  17: 'SCHEMA',
  18: 'TOOBIG',
  19: 'CONSTRAINT',
  20: 'MISMATCH',
  21: 'MISUSE',
  22: 'NOLFS',
  23: 'AUTH',
  24: 'FORMAT',
  25: 'RANGE',
  26: 'NOTADB',
};
/** The extended ones that are told apart here. */
const EXTENDED: Readonly<Record<number, string>> = {
  261: 'BUSY_RECOVERY',
  517: 'BUSY_SNAPSHOT',
  773: 'BUSY_TIMEOUT',
  262: 'LOCKED_SHAREDCACHE',
  518: 'LOCKED_VTAB',
  1032: 'READONLY_DBMOVED',
  275: 'CONSTRAINT_CHECK',
  531: 'CONSTRAINT_COMMITHOOK',
  787: 'CONSTRAINT_FOREIGNKEY',
  1043: 'CONSTRAINT_FUNCTION',
  1299: 'CONSTRAINT_NOTNULL',
  1555: 'CONSTRAINT_PRIMARYKEY',
  1811: 'CONSTRAINT_TRIGGER',
  2067: 'CONSTRAINT_UNIQUE',
  2323: 'CONSTRAINT_VTAB',
  2579: 'CONSTRAINT_ROWID',
  2835: 'CONSTRAINT_PINNED',
  3091: 'CONSTRAINT_DATATYPE',
};
/** libsql does not know the names of all codes. */
const LIBSQL = /^(?:UNKNOWN_)?SQLITE_/;
/** What libsql says where it cannot open a file: it has no code of its own. */
const CONNECTION_FAILED = /^ConnectionFailed\(.*: (\d+)"\)$/s;

/** The extended result code of an error of either library; `undefined` for what is no error of SQLite. */
export function resultCodeOf(error: unknown): number | undefined {
  const { code, errcode, rawCode, message } = (error ?? {}) as Readonly<Record<string, unknown>>;
  if (code === 'ERR_SQLITE_ERROR') return typeof errcode === 'number' ? errcode : undefined;
  if (typeof rawCode === 'number' && typeof code === 'string' && LIBSQL.test(code)) return rawCode;
  const failed = typeof message === 'string' ? CONNECTION_FAILED.exec(message) : null;
  return failed === null ? undefined : Number(failed[1]);
}

/** Its primary code. */
export function primaryOf(code: number): number {
  return code & 0xff;
}

/** Its name, as SQLite's documentation has it: `SQLITE_CONSTRAINT_UNIQUE`. */
export function nameOf(code: number): string {
  return `SQLITE_${EXTENDED[code] ?? PRIMARY[primaryOf(code)] ?? code}`;
}

const BUSY = 5;
const BUSY_SNAPSHOT = 517;

/** Another connection holds the lock, and may give it back. A snapshot that is too old stays too old. */
export function isBusy(error: unknown): boolean {
  const code = resultCodeOf(error);
  return code !== undefined && primaryOf(code) === BUSY && code !== BUSY_SNAPSHOT;
}

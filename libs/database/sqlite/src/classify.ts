import { ansiDialect, type SqlDialect } from '@nest-pooling/sql';

const NONE: ReadonlySet<string> = new Set();

/** Pragmas that only tell, or that are about one statement or the file and not about the session. */
const HARMLESS = `TABLE_INFO TABLE_XINFO TABLE_LIST INDEX_INFO INDEX_XINFO INDEX_LIST FOREIGN_KEY_LIST FOREIGN_KEY_CHECK DATABASE_LIST
  COLLATION_LIST FUNCTION_LIST MODULE_LIST PRAGMA_LIST COMPILE_OPTIONS DATA_VERSION SCHEMA_VERSION USER_VERSION APPLICATION_ID
  PAGE_COUNT FREELIST_COUNT INTEGRITY_CHECK QUICK_CHECK WAL_CHECKPOINT OPTIMIZE INCREMENTAL_VACUUM`;

/**
 * The lexicon of SQLite. Its functions only compute; what writes begins with a word of its own. A PRAGMA goes to the writer, and most of
 * them leave a setting behind. BEGIN is not among what pins: a transaction that is left open is known by the state of its session.
 */
export const sqliteDialect: SqlDialect = {
  ...ansiDialect,
  name: 'sqlite',
  backticks: true,
  brackets: true,
  namedParameters: true,
  // SQLite has no TABLE statement.
  reads: new Set(['SELECT', 'VALUES', 'WITH']),
  explains: new Set(['EXPLAIN']),
  explainOptions: new Set(['QUERY', 'PLAN']),
  pinning: new Map([
    ['PRAGMA', new Set(HARMLESS.split(/\s+/))],
    ['ATTACH', NONE],
    ['DETACH', NONE],
  ]),
  temporary: new Set(['TEMP', 'TEMPORARY']),
  functions: new Map([['load_extension', 'pins' as const]]),
};

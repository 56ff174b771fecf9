import { rowsOf, type Database } from './database.js';

/** What settings of a connection were when it was opened. */
export type PragmaValues = ReadonlyMap<string, unknown>;

/** Settings of a connection that can be asked for, and that change what statements of others mean or may do. */
const PRAGMAS = [
  'foreign_keys',
  'query_only',
  'recursive_triggers',
  'ignore_check_constraints',
  'reverse_unordered_selects',
  'cell_size_check',
  'trusted_schema',
  'writable_schema',
  'read_uncommitted',
  'automatic_index',
  'cache_size',
  'temp_store',
  'hard_heap_limit',
  'soft_heap_limit',
  'busy_timeout',
] as const;
const TEMPORARY = `SELECT type, name FROM sqlite_temp_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%'`;
const ATTACHED = `SELECT name FROM pragma_database_list WHERE name NOT IN ('main', 'temp')`;

/** Reads them. */
export function pragmaValues(db: Database): PragmaValues {
  return new Map(PRAGMAS.map((name) => [name, rowsOf(db, `PRAGMA ${name}`)[0]?.[0]]));
}

/**
 * Clears what a borrower has left in the one connection to a database in memory, which cannot be opened anew: temporary tables, attached
 * databases, settings. `case_sensitive_like` cannot be asked for, and is off.
 */
export function cleanMemory(db: Database, atFirst: PragmaValues): void {
  // First: one of them refuses writes, and so what follows.
  for (const [name, value] of pragmaValues(db)) {
    const first = atFirst.get(name);
    if (value !== first) db.exec(`PRAGMA ${name} = ${String(first)}`);
  }
  for (const [type, name] of rowsOf(db, TEMPORARY))
    db.exec(`DROP ${String(type)} temp.${quoted(String(name))}`);
  for (const [name] of rowsOf(db, ATTACHED)) db.exec(`DETACH ${quoted(String(name))}`);
  db.exec('PRAGMA case_sensitive_like = OFF');
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

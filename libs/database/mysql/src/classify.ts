import { ansiDialect, type FunctionEffect, type SqlDialect } from '@nest-pooling/sql';

const NONE: ReadonlySet<string> = new Set();

function all(effect: FunctionEffect, names: string): (readonly [string, FunctionEffect])[] {
  return names.split(/\s+/).map((name) => [name, effect] as const);
}

/**
 * The lexicon of MySQL and MariaDB, as they read with their usual `sql_mode` (`"…"` is a string, `\` escapes). Variables of the user
 * (`@total`) pin their session, and a comment that the server runs makes a statement one that writes. What SHOW and DESCRIBE tell depends on the
 * server: they go to the primary.
 */
export const mysqlDialect: SqlDialect = {
  ...ansiDialect,
  name: 'mysql',
  backslashEscapes: 'always',
  executableComments: true,
  hashComments: true,
  dashCommentNeedsSpace: true,
  backticks: true,
  doubleQuotedStrings: true,
  sessionVariables: true,
  explains: new Set(['EXPLAIN', 'DESCRIBE', 'DESC']),
  explainOptions: new Set(['EXTENDED', 'PARTITIONS', 'FORMAT', 'JSON', 'TREE', 'TRADITIONAL']),
  pinning: new Map([
    // A transaction that is left open is seen by the session's state. A setting for the next one outlives its statement as well.
    ['SET', new Set(['PASSWORD', 'STATEMENT'])],
    ['PREPARE', NONE],
    ['DEALLOCATE', NONE],
    ['USE', NONE],
    ['LOCK', NONE],
    ['UNLOCK', NONE],
    ['FLUSH', NONE],
    ['HANDLER', NONE],
    ['XA', NONE],
    // A procedure may make temporary tables and set variables, and often does.
    ['CALL', NONE],
  ]),
  functions: new Map<string, FunctionEffect>([
    ...all('pins', 'get_lock release_lock release_all_locks'),
    // Those that tell of the statement before them need its server.
    ...all('write', 'last_insert_id found_rows row_count'),
    ...all('write', 'nextval lastval setval uuid_short load_file'),
    ...all('write', 'master_pos_wait master_gtid_wait source_pos_wait wait_for_executed_gtid_set'),
    ...all('write', 'wait_until_sql_thread_after_gtids'),
  ]),
  functionPrefixes: [
    ['service_', 'pins'],
    ['version_tokens_', 'pins'],
    ['group_replication_', 'write'],
    ['asynchronous_connection_failover_', 'write'],
  ],
};

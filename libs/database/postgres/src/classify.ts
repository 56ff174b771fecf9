import { ansiDialect, type FunctionEffect, type SqlDialect } from '@nest-pooling/sql';

const NONE: ReadonlySet<string> = new Set();

function all(effect: FunctionEffect, names: string): (readonly [string, FunctionEffect])[] {
  return names.split(/\s+/).map((name) => [name, effect] as const);
}

/**
 * The lexicon of Postgres. Its lists of functions hold what changes something, what leaves state in a session
 * and what a standby refuses ("recovery is in progress"); extensions of one's own are not known to it.
 */
export const postgresDialect: SqlDialect = {
  ...ansiDialect,
  name: 'postgres',
  dollarQuotes: true,
  backslashEscapes: 'prefixed',
  nestedComments: true,
  // `?` is an operator of jsonb; parameters are `$1`.
  questionParameters: false,
  explains: new Set(['EXPLAIN']),
  explainOptions: new Set(['VERBOSE']),
  pinning: new Map([
    ['SET', new Set(['LOCAL', 'TRANSACTION', 'CONSTRAINTS'])],
    ['RESET', NONE],
    ['PREPARE', new Set(['TRANSACTION'])],
    ['DEALLOCATE', NONE],
    ['DECLARE', NONE],
    ['LISTEN', NONE],
    ['UNLISTEN', NONE],
    ['LOAD', NONE],
    ['DISCARD', NONE],
    ['BEGIN', NONE],
    ['START', NONE],
  ]),
  temporary: new Set(['TEMP', 'TEMPORARY', 'PG_TEMP']),
  functions: new Map<string, FunctionEffect>([
    ...all(
      'pins',
      `pg_advisory_lock pg_advisory_lock_shared pg_try_advisory_lock pg_try_advisory_lock_shared
       pg_advisory_unlock pg_advisory_unlock_shared pg_advisory_unlock_all
       setseed dblink_connect dblink_connect_u dblink_disconnect dblink_open dblink_close
       pg_backup_start pg_backup_stop pg_start_backup pg_stop_backup
       pg_replication_origin_session_setup pg_replication_origin_session_reset`,
    ),
    ...all(
      'write',
      `nextval setval currval lastval
       pg_notify pg_export_snapshot pg_switch_wal pg_switch_xlog pg_promote
       txid_current pg_current_xact_id
       pg_current_wal_lsn pg_current_wal_insert_lsn pg_current_wal_flush_lsn pg_walfile_name pg_walfile_name_offset
       pg_reload_conf pg_rotate_logfile pg_cancel_backend pg_terminate_backend pg_log_backend_memory_contexts
       pg_import_system_collations pg_sync_replication_slots pg_log_standby_snapshot
       gin_clean_pending_list loread lowrite`,
    ),
    ['set_config', 'configures'],
  ]),
  functionPrefixes: [
    ['pg_advisory_', 'write'],
    ['pg_try_advisory_', 'write'],
    ['lo_', 'write'],
    ['dblink', 'write'],
    ['pg_create_', 'write'],
    ['pg_drop_', 'write'],
    ['pg_copy_', 'write'],
    ['pg_file_', 'write'],
    ['pg_logical_', 'write'],
    ['pg_replication_', 'write'],
    ['pg_stat_reset', 'write'],
    ['pg_restore_', 'write'],
    ['pg_clear_', 'write'],
    ['brin_summarize_', 'write'],
    ['brin_desummarize_', 'write'],
  ],
};

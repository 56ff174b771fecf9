/** The history that a server writes or follows; each reads {systemId, timeline} where it may. */
const TIMELINE = `
  CASE WHEN pg_is_in_recovery()
    -- NULL for users without pg_read_all_stats: then what recovery itself has noted down
    THEN coalesce(
      (SELECT received_tli FROM pg_stat_wal_receiver),
      (SELECT nullif(min_recovery_end_timeline, 0) FROM pg_control_recovery()),
      (SELECT timeline_id FROM pg_control_checkpoint()))
    -- right after a promotion the checkpoint still tells the old timeline; the name of the WAL file does not
    ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int
  END`;

/** What `identity` and `probe` both ask, as the columns that `IdentityRow` lists. */
const IDENTITY_COLUMNS = `
  pg_is_in_recovery() AS replica,
  (SELECT system_identifier::text FROM pg_control_system()) AS system_id,
  ${TIMELINE} AS timeline,
  current_setting('server_version') AS version`;

/** The same for users and services that may not call the control functions. */
const PLAIN_COLUMNS = `
  pg_is_in_recovery() AS replica,
  '' AS system_id,
  0 AS timeline,
  current_setting('server_version') AS version`;

const POSITION = `
  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END`;

/** Who answers. `full` is false where the control functions are not allowed. */
export function identityStatement(full: boolean): string {
  return `SELECT ${full ? IDENTITY_COLUMNS : PLAIN_COLUMNS}`;
}

/**
 * Role, position and lag in one round trip. Columns are read in their order, and a promotion may happen between two of them: the role is
 * asked first, so that how far a replica had come is never taken for what the primary has written.
 */
export function probeStatement(full: boolean): string {
  // The status is NULL for users without pg_read_all_stats: a receiver that has received counts as streaming.
  // 0 ms behind is believed only while it streams: an orphaned replica has replayed all it received, too.
  return `
SELECT ${full ? IDENTITY_COLUMNS : PLAIN_COLUMNS},
  (${POSITION})::text AS at,
  NOT pg_is_in_recovery() OR streaming AS streaming,
  CASE
    WHEN NOT pg_is_in_recovery() THEN 0
    WHEN streaming AND pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() THEN 0
    ELSE greatest(0, 1000 * extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()))
  END::float8 AS lag_ms
FROM (
  SELECT coalesce(
    (SELECT coalesce(status = 'streaming', pg_last_wal_receive_lsn() IS NOT NULL) FROM pg_stat_wal_receiver),
    false) AS streaming
) receiver`;
}

/** Where the log is now, and on what side of replication: in this order, as in {@link probeStatement}. */
export const POSITION_STATEMENT = `SELECT pg_is_in_recovery() AS replica, (${POSITION})::text AS at`;

/** Whether the log has come as far as the parameter. */
export const REACHED_STATEMENT = `SELECT (${POSITION}) >= $1::pg_lsn AS reached`;

/**
 * Everything of DISCARD ALL except DEALLOCATE ALL and DISCARD PLANS: pg remembers which names it has prepared, and
 * would go on to use them. Runs as one simple query, on standbys too.
 */
export const RESET_STATEMENT =
  'CLOSE ALL; SET SESSION AUTHORIZATION DEFAULT; RESET ALL; UNLISTEN *; ' +
  'SELECT pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES';

/** What `RESET ALL` takes back. */
export const READ_ONLY_STATEMENT = 'SET default_transaction_read_only = on';

/** What {@link identityStatement} answers. */
export interface IdentityRow {
  readonly replica: boolean;
  readonly system_id: string | null;
  readonly timeline: number | null;
  readonly version: string;
}

/** What {@link probeStatement} answers. */
export interface ProbeRow extends IdentityRow {
  readonly at: string | null;
  readonly streaming: boolean;
  readonly lag_ms: number | null;
}

import { ServicesError, textOf } from './errors.js';
import { slotName } from './settings.js';
import { type RunSql, type SqlTarget, sql, withSql } from './sql.js';
import { until } from './wait.js';

/**
 * Gives an upstream exactly the replication slots that its followers need. Others are dropped unless in use, or they would
 * hold back WAL for ever.
 * @param followers Names of the nodes that follow it.
 */
export async function syncSlots(upstream: SqlTarget, followers: readonly string[]): Promise<void> {
  const slots = followers.map(slotName);
  await withSql(upstream, async (run) => {
    await run(
      `SELECT pg_create_physical_replication_slot(wanted, true) FROM unnest($1::text[]) wanted
       WHERE wanted NOT IN (SELECT slot_name FROM pg_replication_slots)`,
      [slots],
    );
    await run(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
       WHERE slot_type = 'physical' AND NOT active AND NOT temporary AND slot_name <> ALL ($1::text[])`,
      [slots],
    );
  });
}

/**
 * Resolves when the node streams from that upstream, on its timeline: one that has diverged streams, too, for a moment, up to the
 * place where the histories part.
 * @param check Called at every look; what it throws ends the wait.
 * @throws ServicesError `SERVICES_TIMEOUT`, `SERVICES_SQL`.
 */
export async function untilStreaming(
  upstream: SqlTarget,
  node: SqlTarget,
  timeoutMs: number,
  check: () => void = () => undefined,
): Promise<void> {
  const look = async (ask: RunSql) => {
    const [sender] = await ask<{ timeline: string | null }>(
      `SELECT CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END AS timeline
       FROM pg_stat_replication WHERE state = 'streaming' AND application_name = $1`,
      [node.name],
    );
    if (sender === undefined) return false;
    const [receiver] = await sql<{ timeline: number }>(
      node,
      `SELECT received_tli AS timeline FROM pg_stat_wal_receiver WHERE status = 'streaming' AND sender_port = $1`,
      [upstream.port],
    );
    if (receiver === undefined) return false;
    // A standby that is followed in turn has its timeline from above.
    return sender.timeline === null || Number.parseInt(sender.timeline, 16) === receiver.timeline;
  };
  await withSql(upstream, (ask) =>
    until(
      async () => {
        const streams = await look(ask).catch((error: unknown) => {
          check();
          throw error;
        });
        check();
        return streams;
      },
      {
        timeoutMs,
        what: `it streamed from ${upstream.name} (if it has diverged from that, rebuild() it)`,
        node: node.name,
        everyMs: 5,
      },
    ),
  );
}

/**
 * Resolves when the node has replayed everything up to that place in the log.
 * @throws ServicesError `SERVICES_TIMEOUT` with the place it had reached.
 */
export async function untilReplayed(node: SqlTarget, lsn: string, timeoutMs: number): Promise<void> {
  let at = 'nothing';
  await withSql(node, (run) =>
    until(
      async () => {
        const [row] = await run<{ reached: boolean; at: string }>(
          `SELECT coalesce(pg_last_wal_replay_lsn() >= $1::pg_lsn, false) AS reached,
                  coalesce(pg_last_wal_replay_lsn()::text, 'nothing') AS at`,
          [lsn],
        );
        at = row?.at ?? at;
        return row?.reached === true;
      },
      { timeoutMs, what: () => `it had replayed ${lsn} (it is at ${at})`, node: node.name, everyMs: 5 },
    ),
  );
}

/** Present end of the log of a primary, as text. */
export async function currentLsn(primary: SqlTarget): Promise<string> {
  const [row] = await sql<{ lsn: string }>(primary, 'SELECT pg_current_wal_flush_lsn()::text AS lsn');
  return row?.lsn ?? '0/0';
}

/** How much of the log a standby has, as a number that grows: what it has received, or replayed from its own disk. */
export async function receivedBytes(node: SqlTarget): Promise<bigint> {
  const [row] = await sql<{ bytes: string }>(
    node,
    `SELECT (coalesce(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0') - '0/0')::text AS bytes`,
  );
  return BigInt(row?.bytes ?? 0);
}

/** Pauses replay and waits until it pauses; with a delay set, until that is asked for, as a delayed record is waited out. */
export async function pauseReplay(node: SqlTarget, delayed: boolean): Promise<void> {
  await withSql(node, async (run) => {
    await run('SELECT pg_wal_replay_pause()');
    await until(
      async () => {
        const [row] = await run<{ state: string }>('SELECT pg_get_wal_replay_pause_state() AS state');
        return row?.state === 'paused' || (delayed && row?.state === 'pause requested');
      },
      { timeoutMs: 5_000, what: 'replay was paused', node: node.name, everyMs: 5 },
    );
  });
}

/**
 * Promotes a standby; resolves when it accepts writes.
 * @throws ServicesError `SERVICES_SQL` when it refuses or takes longer than ten seconds.
 */
export async function promote(node: SqlTarget): Promise<void> {
  const [row] = await sql<{ done: boolean }>(node, 'SELECT pg_promote(true, 10) AS done', [], {
    timeoutMs: 15_000,
  });
  if (row?.done !== true) {
    throw new ServicesError(
      'SERVICES_SQL',
      `${node.name} was asked to become primary and has not done so in 10 s.`,
      {
        node: node.name,
      },
    );
  }
}

/** Role that the server itself claims; `unknown` when it does not answer within the bound. */
export async function roleOf(node: SqlTarget, timeoutMs: number): Promise<'primary' | 'replica' | 'unknown'> {
  try {
    const text = 'SELECT pg_is_in_recovery() AS standby';
    const [row] = await sql<{ standby: boolean }>(node, text, [], { timeoutMs });
    return row?.standby === true ? 'replica' : 'primary';
  } catch (error) {
    if (error instanceof ServicesError) return 'unknown';
    throw new ServicesError('SERVICES_SQL', `${node.name}: ${textOf(error)}`, {
      cause: error,
      node: node.name,
    });
  }
}

import { ServicesError } from './errors.js';
import { LOOPBACK } from './free-port.js';
import { mariadbSql, withMariadb } from './mariadb-sql.js';
import { ROOT_PASSWORD } from './mariadb-template.js';
import type { RunSql, SqlTarget } from './sql.js';
import { until } from './wait.js';

/** What `SHOW SLAVE STATUS` says, as far as it is used here. */
export interface SlaveStatus {
  readonly Master_Port: number;
  readonly Master_Log_File: string;
  readonly Slave_IO_Running: string;
  readonly Slave_SQL_Running: string;
  readonly Relay_Log_File: string;
  readonly Relay_Log_Pos: number | string;
  readonly Last_IO_Errno: number;
  readonly Last_IO_Error: string;
  readonly Last_SQL_Errno: number;
  readonly Last_SQL_Error: string;
  readonly Gtid_IO_Pos: string;
}

/** What a replica is told. */
export interface Following {
  /** Whom it follows. */
  readonly upstream: SqlTarget;
  /** How much later it replays, in whole seconds. */
  readonly delaySeconds: number;
  /** Whether it replays what it receives. */
  readonly replays: boolean;
}

/** Errors that a replica has when its history is not the beginning of its upstream's. */
const DIVERGED = [1236, 1950];

/** Last state of replication; undefined on a server that follows nobody. */
export async function slaveStatus(run: RunSql): Promise<SlaveStatus | undefined> {
  const [status] = await run<SlaveStatus>('SHOW SLAVE STATUS');
  return status;
}

/**
 * Makes a server a replica. It begins where its own data ends, be that replicated or, on a former primary, written by itself.
 * What it has received and not replayed is dropped and fetched again.
 */
export async function follow(node: SqlTarget, { upstream, delaySeconds, replays }: Following): Promise<void> {
  await withMariadb(node, async (run) => {
    await run('SET GLOBAL read_only = ON');
    await run('STOP SLAVE');
    await run('SET GLOBAL gtid_slave_pos = @@GLOBAL.gtid_current_pos');
    await run(
      `CHANGE MASTER TO MASTER_HOST = ?, MASTER_PORT = ?, MASTER_USER = 'replication', MASTER_PASSWORD = ?,
       MASTER_USE_GTID = slave_pos, MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 1, MASTER_DELAY = ?`,
      [LOOPBACK, upstream.port, ROOT_PASSWORD, delaySeconds],
    );
    await run(replays ? 'START SLAVE' : 'START SLAVE IO_THREAD');
  });
}

/**
 * Resolves when the node has a stream from that upstream.
 * @throws ServicesError `SERVICES_STATE` when it has what the upstream never had, `SERVICES_TIMEOUT`, `SERVICES_SQL`.
 */
export async function untilFollowing(node: SqlTarget, upstream: SqlTarget, timeoutMs: number): Promise<void> {
  let said = '';
  await withMariadb(node, (run) =>
    until(
      async () => {
        const status = await slaveStatus(run);
        if (status === undefined || status.Master_Port !== upstream.port) return false;
        mustFit(node, upstream, status);
        said = status.Last_IO_Error;
        // It learns the name of the upstream's log when that has found the place to begin at: the histories fit together.
        return status.Slave_IO_Running === 'Yes' && status.Master_Log_File !== '';
      },
      {
        timeoutMs,
        what: () => `it streamed from ${upstream.name}${said === '' ? '' : ` (${said})`}`,
        node: node.name,
        everyMs: 5,
      },
    ),
  );
}

function mustFit(node: SqlTarget, upstream: SqlTarget, status: SlaveStatus): void {
  const errors = [
    [status.Last_IO_Errno, status.Last_IO_Error],
    [status.Last_SQL_Errno, status.Last_SQL_Error],
  ] as const;
  for (const [number, text] of errors) {
    if (!DIVERGED.includes(number)) continue;
    const fact = `${node.name} has what ${upstream.name} never had, and cannot follow it: rebuild() it. The server says: ${text}`;
    throw new ServicesError('SERVICES_STATE', fact, { node: node.name });
  }
}

/** Place in the log of everything that a primary has committed. */
export async function currentGtid(primary: SqlTarget): Promise<string> {
  const [row] = await mariadbSql<{ gtid: string }>(primary, 'SELECT @@GLOBAL.gtid_current_pos AS gtid');
  return row?.gtid ?? '';
}

/**
 * Resolves when the node has replayed everything up to that place.
 * @throws ServicesError `SERVICES_TIMEOUT` with the place it had reached and what replication says, `SERVICES_SQL`.
 */
export async function untilReplayed(node: SqlTarget, gtid: string, timeoutMs: number): Promise<void> {
  await withMariadb(
    node,
    async (run) => {
      const [row] = await run<{ done: number }>('SELECT MASTER_GTID_WAIT(?, ?) AS done', [
        gtid,
        timeoutMs / 1_000,
      ]);
      if (row?.done === 0) return;
      const [at] = await run<{ gtid: string }>('SELECT @@GLOBAL.gtid_slave_pos AS gtid');
      const status = await slaveStatus(run);
      const errors = [status?.Last_IO_Error, status?.Last_SQL_Error].filter(Boolean).join(' ');
      throw new ServicesError(
        'SERVICES_TIMEOUT',
        `${node.name}: waited ${timeoutMs} ms in vain until it had replayed ${gtid} (it is at ${at?.gtid || 'nothing'})` +
          (errors === '' ? '' : `; it says: ${errors}`),
        { node: node.name },
      );
    },
    { timeoutMs: timeoutMs + 5_000 },
  );
}

/** How much of the log a replica has received, as a number that grows: all writes are in one domain. */
export async function receivedCount(node: SqlTarget): Promise<bigint> {
  return withMariadb(node, async (run) => {
    const [own] = await run<{ gtid: string }>('SELECT @@GLOBAL.gtid_current_pos AS gtid');
    const received = (await slaveStatus(run))?.Gtid_IO_Pos ?? '';
    const [a, b] = [sequence(own?.gtid ?? ''), sequence(received)];
    return a > b ? a : b;
  });
}

/** The number of the last transaction in a position such as `1-2-345`; 0 for none. */
function sequence(gtid: string): bigint {
  const last = /^1-\d+-(\d+)$/m.exec(gtid.split(',').find((one) => one.startsWith('1-')) ?? '');
  return BigInt(last?.[1] ?? 0);
}

/**
 * Ends replication and lets users write, after it has replayed what it has received, a delay and a pause notwithstanding.
 * @throws ServicesError `SERVICES_SQL` when replay has failed, `SERVICES_TIMEOUT`.
 */
export async function promote(node: SqlTarget, timeoutMs: number): Promise<void> {
  await withMariadb(node, async (run) => {
    await run('STOP SLAVE');
    const status = await slaveStatus(run);
    if (status !== undefined && status.Relay_Log_File !== '')
      await replayReceived(node, run, status, timeoutMs);
    await run('STOP SLAVE');
    await run('RESET SLAVE ALL');
    await run('SET GLOBAL read_only = OFF');
  });
}

async function replayReceived(
  node: SqlTarget,
  run: RunSql,
  status: SlaveStatus,
  timeoutMs: number,
): Promise<void> {
  const wanted = sequence(status.Gtid_IO_Pos);
  const reached = async () => {
    const [row] = await run<{ gtid: string }>('SELECT @@GLOBAL.gtid_slave_pos AS gtid');
    return sequence(row?.gtid ?? '') >= wanted;
  };
  if (await reached()) return;
  // With GTIDs, a start would throw away what was received, and a delay would be waited out.
  await run(
    'CHANGE MASTER TO MASTER_USE_GTID = no, MASTER_DELAY = 0, RELAY_LOG_FILE = ?, RELAY_LOG_POS = ?',
    [status.Relay_Log_File, Number(status.Relay_Log_Pos)],
  );
  await run('START SLAVE SQL_THREAD');
  await until(
    async () => {
      if (await reached()) return true;
      const now = await slaveStatus(run);
      if (now === undefined || now.Last_SQL_Errno === 0) return false;
      throw new ServicesError('SERVICES_SQL', `${node.name}: replay has failed: ${now.Last_SQL_Error}`, {
        node: node.name,
      });
    },
    { timeoutMs, what: 'it had replayed what it has received', node: node.name, everyMs: 5 },
  );
}

/** Role that the server itself claims; `unknown` when it does not answer within the bound. */
export async function roleOf(node: SqlTarget, timeoutMs: number): Promise<'primary' | 'replica' | 'unknown'> {
  try {
    const text = 'SELECT @@GLOBAL.read_only AS replica';
    const [row] = await mariadbSql<{ replica: number }>(node, text, [], { timeoutMs });
    return row?.replica === 1 ? 'replica' : 'primary';
  } catch (error) {
    if (error instanceof ServicesError) return 'unknown';
    throw error;
  }
}

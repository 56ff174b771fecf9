import { join } from 'node:path';
import { LOOPBACK } from './free-port.js';
import type { SettingValue } from './settings.js';

/** The option file in a data folder, the only one that the server reads. */
export const MARIADB_FILE = 'nest-pooling.cnf';

/** What the settings of a node depend on. */
export interface MariadbSettings {
  readonly dataDir: string;
  readonly port: number;
  /** Unique among the nodes; part of every GTID that the node writes. */
  readonly serverId: number;
  readonly maxConnections: number;
  /** Whether users may not write. */
  readonly readOnly: boolean;
  /** Where the program's files are, when that is not where it looks for them. */
  readonly places: Readonly<Record<string, string>>;
  /** Wishes of the caller; they win. */
  readonly extra: Readonly<Record<string, SettingValue>>;
}

/** The text of the option file of a node. */
export function renderMariadbSettings(node: MariadbSettings): string {
  const settings: Record<string, SettingValue> = {
    ...node.places,
    datadir: node.dataDir,
    // The usual place may be closed to the servers' user.
    tmpdir: node.dataDir,
    bind_address: LOOPBACK,
    port: node.port,
    socket: '',
    pid_file: join(node.dataDir, 'mariadbd.pid'),
    // Without names there is no list of hosts either, from which faults would shut us out (max_connect_errors).
    skip_name_resolve: true,
    max_connections: node.maxConnections,
    character_set_server: 'utf8mb4',
    collation_server: 'utf8mb4_unicode_ci',
    server_id: node.serverId,
    gtid_domain_id: 1,
    // What no longer fits together is an error, and not a silent difference.
    gtid_strict_mode: true,
    log_bin: 'binlog',
    binlog_format: 'ROW',
    log_slave_updates: true,
    relay_log: 'relay',
    // At a start the node is told whom to follow first.
    skip_slave_start: true,
    slave_net_timeout: 10,
    read_only: node.readOnly,
    // Nothing has to reach the disk, the data does not outlive the cluster. But it is handed to the kernel at every commit:
    // with 0 a killed server would lose what its replicas have.
    innodb_flush_log_at_trx_commit: 2,
    sync_binlog: 0,
    innodb_flush_method: 'nosync',
    innodb_doublewrite: false,
    innodb_buffer_pool_size: '32M',
    innodb_log_file_size: LOG_SIZE,
    innodb_temp_data_file_path: 'ibtmp1:4M:autoextend',
    // The kernel has a limited number of asynchronous requests, and containers often none.
    innodb_use_native_aio: false,
    performance_schema: false,
    lc_messages: 'en_US',
    ...node.extra,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${render(value)}`);
  return `# Written by nest-pooling services; changes are overwritten.\n[mariadbd]\n${lines.join('\n')}\n`;
}

/** Size of InnoDB's log; the template is made with the same. */
export const LOG_SIZE = '32M';

function render(value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'ON' : 'OFF';
  if (typeof value === 'number') return String(value);
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

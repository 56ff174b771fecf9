import { LOOPBACK } from './free-port.js';

/** The file in a data folder that we own whole; ALTER SYSTEM of users goes to another one, which wins. */
export const SETTINGS_FILE = 'nest-pooling.conf';

/** Value of a Postgres setting. */
export type SettingValue = string | number | boolean;

/** What the settings of a node depend on. */
export interface NodeSettings {
  readonly name: string;
  readonly port: number;
  readonly clusterName: string;
  readonly maxConnections: number;
  /** Number of nodes in the cluster: each may want a replication slot and a sender on any other. */
  readonly nodes: number;
  /** Whom a standby follows; undefined on a primary. */
  readonly upstream?: { readonly port: number } | undefined;
  /** Delay of replay in milliseconds. */
  readonly lagMs: number;
  /** Wishes of the caller; they win. */
  readonly extra: Readonly<Record<string, SettingValue>>;
}

/** Name of the replication slot that a node uses on its upstream; slots know neither dashes nor capitals. */
export function slotName(node: string): string {
  return node.replaceAll('-', '_');
}

/** The text of the settings file of a node. */
export function renderSettings(node: NodeSettings): string {
  const settings: Record<string, SettingValue> = {
    listen_addresses: LOOPBACK,
    port: node.port,
    unix_socket_directories: '',
    cluster_name: node.clusterName,
    // A standby must not have fewer than its primary, so all nodes have the same.
    max_connections: node.maxConnections,
    max_wal_senders: node.nodes + 10,
    max_replication_slots: node.nodes + 10,
    // The data does not outlive the cluster: nothing has to reach the disk. A kill of the server loses nothing by it.
    fsync: false,
    full_page_writes: false,
    // Off would delay what replicas see by up to 300 ms.
    synchronous_commit: true,
    shared_buffers: '16MB',
    // /dev/shm is small in containers.
    dynamic_shared_memory_type: 'mmap',
    jit: false,
    hot_standby: true,
    hot_standby_feedback: true,
    wal_retrieve_retry_interval: '100ms',
    wal_receiver_status_interval: '1s',
    // For a node that is repointed to a new primary on which it had no slot before.
    wal_keep_size: '128MB',
    log_checkpoints: false,
    ...node.extra,
    ...(node.upstream === undefined ? {} : standby(node, node.upstream.port)),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${render(value)}`);
  return `# Written by nest-pooling services; changes are overwritten.\n${lines.join('\n')}\n`;
}

function standby(node: NodeSettings, port: number): Record<string, SettingValue> {
  return {
    primary_conninfo: `host=${LOOPBACK} port=${port} user=postgres application_name=${node.name} connect_timeout=5`,
    primary_slot_name: slotName(node.name),
    recovery_min_apply_delay: `${node.lagMs}ms`,
  };
}

function render(value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return String(value);
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

import type { ProbeResult, Role, ServerIdentity } from '@nest-pooling/sql';
import type { Flavour, IdentityRow } from './statements.js';

/** Whether a setting is on, however a server writes it. */
export function isOn(value: number | string | null | undefined): boolean {
  return value !== undefined && value !== null && !/^(0|OFF|NO)$/i.test(`${value}`);
}

/**
 * A server that is read-only is a replica: the convention of proxies and failover tools. A replica that takes writes is a primary to
 * everybody; and of two primaries that replicate from each other, the one in use is the one that is not read-only.
 */
export function roleOf({ read_only: readOnly }: Pick<IdentityRow, 'read_only'>): Role {
  return isOn(readOnly) ? 'replica' : 'primary';
}

/** The identity in a row of `identityStatement`. */
export function identityOf(flavour: Flavour, row: IdentityRow): ServerIdentity {
  return { systemId: systemIdOf(flavour, row), timeline: 0, role: roleOf(row), version: row.version };
}

/** What all servers of one cluster share, as far as such servers have something of the kind. */
function systemIdOf(flavour: Flavour, { domain }: IdentityRow): string {
  if (domain === undefined || domain === null) return '';
  if (flavour === 'mariadb') return `mariadb-domain-${domain}`;
  return /^ON/i.test(String(domain)) ? 'mysql-gtid' : '';
}

/** What `SHOW REPLICA STATUS` answers, by whatever names. */
export type ReplicaRow = Readonly<Record<string, unknown>>;

/** What a replica says of its replication. Without a row there is none to follow; without the right to ask nothing is known. */
export function replicationOf(
  row: ReplicaRow | undefined,
  at: string,
): Pick<ProbeResult, 'streaming' | 'lagMs'> {
  if (row === undefined) return { streaming: false, lagMs: null };
  const said = (...names: readonly string[]): unknown =>
    names.map((name) => row[name]).find((value) => value !== undefined);
  const receives = said('Replica_IO_Running', 'Slave_IO_Running') === 'Yes';
  const applies = said('Replica_SQL_Running', 'Slave_SQL_Running') === 'Yes';
  const behind = said('Seconds_Behind_Source', 'Seconds_Behind_Master');
  if (!receives || !applies || typeof behind !== 'number')
    return { streaming: receives && applies, lagMs: null };
  // Seconds are coarse: who has applied all that it has received is not behind.
  const received = said('Gtid_IO_Pos');
  return { streaming: true, lagMs: received !== undefined && received === at ? 0 : behind * 1_000 };
}

import type { Fault, FaultKind } from '@nest-pooling/sql';

/** What an error means apart from the circumstances. */
export interface Meaning {
  readonly category: Fault['category'];
  readonly scope: Fault['scope'];
  readonly kind?: FaultKind;
  /** The connection ended with it. */
  readonly lost?: boolean;
  /** It was found before anything was sent. */
  readonly unsent?: boolean;
}

const NODE_LOST: Meaning = { category: 'connection', scope: 'node', lost: true };
const SESSION_LOST: Meaning = { category: 'connection', scope: 'session', lost: true };
const REFUSED: Meaning = { category: 'auth', scope: 'node', kind: 'authentication-failed' };
const OWN: Meaning = { category: 'resource', scope: 'session' };
const of = (category: Meaning['category'], kind?: FaultKind): Meaning =>
  kind === undefined ? { category, scope: 'statement' } : { category, scope: 'statement', kind };

const GROUPS: readonly (readonly [Meaning, readonly number[]])[] = [
  [of('constraint', 'unique-violation'), [1022, 1062, 1169, 1586, 1859]],
  [of('constraint', 'not-null-violation'), [1048, 1364]],
  [of('constraint', 'foreign-key-violation'), [1215, 1216, 1217, 1451, 1452, 1557, 1761, 1762]],
  [of('constraint', 'check-violation'), [3819, 4025]],
  [of('other', 'invalid-value'), [1264, 1265, 1292, 1365, 1366, 1367, 1406, 1411, 1416, 1441, 1690, 3140]],
  // The server may have rolled back the statement only; the transaction is no longer what it was meant to be.
  [{ category: 'conflict', scope: 'transaction', kind: 'lock-timeout' }, [1205]],
  [of('timeout', 'lock-timeout'), [3058, 3572]],
  [{ category: 'conflict', scope: 'transaction', kind: 'deadlock' }, [1213, 1614, 3101]],
  // MariaDB, with innodb_snapshot_isolation.
  [{ category: 'conflict', scope: 'transaction', kind: 'serialization-failure' }, [1020]],
  [of('role', 'read-only'), [1792, 1836]],
  [{ category: 'overload', scope: 'session', kind: 'too-many-connections' }, [1040, 1203, 1226]],
  [REFUSED, [1044, 1045, 1130, 1251, 1275, 1524, 1698, 1820, 1862, 1873, 3118, 3159, 4151]],
  [{ category: 'overload', scope: 'node', kind: 'too-many-connections' }, [1129]],
  [{ category: 'other', scope: 'node' }, [1049]],
  [of('auth', 'permission-denied'), [1142, 1143, 1227, 1370, 1410, 1419]],
  [NODE_LOST, [1053, 1077, 1079, 1184]],
  [SESSION_LOST, [1080, 1152, 1153, 1154, 1155, 1156, 1157, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 2055]],
  [{ category: 'timeout', scope: 'session', lost: true }, [4031]],
  [of('timeout', 'statement-timeout'), [1969, 3024]],
  [of('cancelled', 'cancelled'), [1317]],
  [of('resource', 'out-of-resources'), [1021, 1037, 1038, 1041, 1114, 1135, 1206, 1461, 3170]],
  [of('syntax', 'undefined-table'), [1051, 1109, 1146]],
  [of('syntax', 'undefined-column'), [1054, 1166, 1247]],
  [of('syntax', 'undefined-function'), [1128, 1305, 1630]],
  [of('syntax', 'syntax-error'), [1064, 1149]],
  [of('syntax'), [1052, 1136, 1210, 1235, 1295]],
];

const NUMBERS: ReadonlyMap<number, Meaning> = new Map(
  GROUPS.flatMap(([meaning, numbers]) => numbers.map((number) => [number, meaning] as const)),
);

/** Classes of SQLSTATE, by their first two letters, for numbers that are not known. */
const CLASSES: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['08', NODE_LOST],
  ['22', of('other', 'invalid-value')],
  ['23', of('constraint')],
  ['28', REFUSED],
  ['40', { category: 'conflict', scope: 'transaction' }],
  ['42', of('syntax')],
]);

/** The codes of Node's sockets and TLS, and of mysql2. */
const CODES: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ...(
    'ECONNRESET ECONNREFUSED ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH EHOSTDOWN ENETUNREACH ENETDOWN ENETRESET ' +
    'ENOTFOUND EAI_AGAIN ENOENT PROTOCOL_CONNECTION_LOST'
  )
    .split(' ')
    .map((code) => [code, NODE_LOST] as const),
  ['PROTOCOL_SEQUENCE_TIMEOUT', { category: 'timeout', scope: 'session', lost: true }],
  ['PROTOCOL_UNEXPECTED_PACKET', SESSION_LOST],
  ['PROTOCOL_ERROR', SESSION_LOST],
  // Our own process has no file descriptor or port left: that is not the node's fault.
  ['EMFILE', OWN],
  ['ENFILE', OWN],
  ['ENOBUFS', OWN],
  ['EADDRNOTAVAIL', OWN],
  ['HANDSHAKE_NO_SSL_SUPPORT', REFUSED],
  ['HANDSHAKE_SSL_ERROR', REFUSED],
  ['AUTH_SWITCH_PLUGIN_ERROR', REFUSED],
]);

/** What the server means by a number, or else by a SQLSTATE. */
export function meaningOfServer(errno: number, sqlState: string, message: string): Meaning | undefined {
  // The number of everything that an option of the server forbids.
  if (errno === 1290) return /read.only/i.test(message) ? of('role', 'read-only') : of('other');
  return NUMBERS.get(errno) ?? CLASSES.get(sqlState.slice(0, 2));
}

/** What an error means that has only a code or a message. */
export function meaningOfCode(code: string | undefined, message: string): Meaning | undefined {
  const known = code === undefined ? undefined : CODES.get(code);
  return known ?? (message.startsWith("Can't add new command when connection is") ? SESSION_LOST : undefined);
}

/**
 * Whether the server has rolled back the whole transaction, and not the statement alone: deadlocks, a full table of locks, a record that has
 * changed (MariaDB), failed certification; a lock that was waited for too long if `innodb_rollback_on_timeout` is on.
 */
export function rollsBack(errno: number, lockTimeout: boolean): boolean {
  return errno === 1205 ? lockTimeout : [1213, 1206, 1020, 3101].includes(errno);
}

/** Whether the server refused a prepared statement only because it does not know it any more, or cannot use it; it was not executed. */
export function isStale(errno: number): boolean {
  return errno === 1243 || errno === 1615;
}

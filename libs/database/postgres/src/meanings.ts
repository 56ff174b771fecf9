import type { Fault } from '@nest-pooling/sql';

/** What an error means apart from the circumstances. */
export interface Meaning {
  readonly category: Fault['category'];
  readonly scope: Fault['scope'];
  /** The connection ended with it. */
  readonly lost?: boolean;
  /** It was found before anything was sent. */
  readonly unsent?: boolean;
  /** The server itself does not know what became of it. */
  readonly unknown?: boolean;
}

const NODE_LOST: Meaning = { category: 'connection', scope: 'node', lost: true };
const SESSION_LOST: Meaning = { category: 'connection', scope: 'session', lost: true };
const REFUSED: Meaning = { category: 'auth', scope: 'node' };
const FULL: Meaning = { category: 'overload', scope: 'session' };
const STATEMENT: Meaning = { category: 'other', scope: 'statement' };
const CONFLICT: Meaning = { category: 'conflict', scope: 'transaction' };
const RESOURCE: Meaning = { category: 'resource', scope: 'statement' };

/** SQLSTATEs and the codes of Node's sockets and TLS. */
const CODES: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['08P01', SESSION_LOST],
  ['08007', { ...NODE_LOST, unknown: true }],
  ['0A000', STATEMENT],
  // idle_in_transaction_session_timeout, transaction_timeout: the session is gone, the node is well
  ['25P03', { category: 'timeout', scope: 'session', lost: true }],
  ['25P04', { category: 'timeout', scope: 'session', lost: true }],
  ['25P02', { category: 'other', scope: 'transaction' }],
  ['25006', { category: 'role', scope: 'statement' }],
  ['3D000', { category: 'other', scope: 'node' }],
  ['3F000', { category: 'syntax', scope: 'statement' }],
  ['40003', { ...CONFLICT, unknown: true }],
  ['42501', { category: 'auth', scope: 'statement' }],
  ['53300', FULL],
  ['55P03', { category: 'timeout', scope: 'statement' }],
  ['57014', { category: 'cancelled', scope: 'statement' }],
  ['57P01', NODE_LOST],
  ['57P02', NODE_LOST],
  ['57P03', NODE_LOST],
  ['57P04', SESSION_LOST],
  ['57P05', SESSION_LOST],
  ['ECONNRESET', NODE_LOST],
  ['ECONNREFUSED', NODE_LOST],
  ['ECONNABORTED', NODE_LOST],
  ['EPIPE', NODE_LOST],
  ['ETIMEDOUT', NODE_LOST],
  ['EHOSTUNREACH', NODE_LOST],
  ['EHOSTDOWN', NODE_LOST],
  ['ENETUNREACH', NODE_LOST],
  ['ENETDOWN', NODE_LOST],
  ['ENETRESET', NODE_LOST],
  ['ENOTFOUND', NODE_LOST],
  ['EAI_AGAIN', NODE_LOST],
  // A unix socket that is not there.
  ['ENOENT', NODE_LOST],
  // Our own process has no file descriptor or port left: that is not the node's fault.
  ['EMFILE', { category: 'resource', scope: 'session' }],
  ['ENFILE', { category: 'resource', scope: 'session' }],
  ['ENOBUFS', { category: 'resource', scope: 'session' }],
  ['EADDRNOTAVAIL', { category: 'resource', scope: 'session' }],
  ['CERT_HAS_EXPIRED', REFUSED],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', REFUSED],
  ['SELF_SIGNED_CERT_IN_CHAIN', REFUSED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', REFUSED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', REFUSED],
  ['ERR_TLS_CERT_ALTNAME_INVALID', REFUSED],
]);

/** Classes of SQLSTATE, by their first two letters. */
const CLASSES: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ['08', NODE_LOST],
  ['23', { category: 'constraint', scope: 'statement' }],
  ['28', REFUSED],
  ['40', CONFLICT],
  ['42', { category: 'syntax', scope: 'statement' }],
  ['53', RESOURCE],
  ['54', RESOURCE],
  ['58', RESOURCE],
]);

/** Errors that have nothing but a message. Only pg's own and poolers' texts, which no server translates. */
const MESSAGES: readonly (readonly [RegExp, Meaning])[] = [
  [/^Connection terminated/, NODE_LOST],
  [
    /^(Query read timeout|timeout expired|timeout exceeded)/,
    { category: 'timeout', scope: 'session', lost: true },
  ],
  [/^Client (has encountered a connection error|was closed|has already been connected)/, SESSION_LOST],
  [/^Received unexpected .* message from backend/, SESSION_LOST],
  [/^(SASL|Password must be a string|The server does not support SSL)/, REFUSED],
  [/^There was an error establishing an SSL connection/, NODE_LOST],
];

/** A pooler says these before it has given the client a server. */
const NO_SERVER: Meaning = { category: 'connection', scope: 'node', unsent: true };
const CROWDED: Meaning = { ...FULL, unsent: true };
const MISCONFIGURED: Meaning = { category: 'other', scope: 'node', unsent: true };
const TOOK_TOO_LONG: Meaning = { category: 'timeout', scope: 'session', lost: true };

/** What pgbouncer (1.18 to 1.25) says, all of it with 08P01, the code of a broken protocol. */
const POOLER_MESSAGES: readonly (readonly [RegExp, Meaning])[] = [
  [/no more connections allowed|client connections exceeded|resources exhaustion/, CROWDED],
  [/^query_wait_timeout|too many (clients|connections)/, CROWDED],
  [/server login (has been failing|failed)|server_login_retry|server DNS lookup failed/, NO_SERVER],
  [
    /authentication failed|^role .* does not exist|^(no such user|login rejected|no authentication method|SSL required)/,
    REFUSED,
  ],
  [/client_login_timeout|cannot connect to server|^connect timeout/, NO_SERVER],
  [/shutting down/, NO_SERVER],
  [
    /no such database|database .* (is disabled|does not exist)|unsupported (options )?startup parameter|config error/,
    MISCONFIGURED,
  ],
  [/^transaction blocks not allowed in statement pooling/, { category: 'other', scope: 'session' }],
  // The server behind the pooler went away in the middle of something.
  [/^server conn crashed|^unexpected eof/, NODE_LOST],
  [/^(query|transaction|idle transaction)[ _]timeout/, TOOK_TOO_LONG],
];

/** By the exact code, else by the class of a SQLSTATE. */
export function meaningOfCode(code: string): Meaning | undefined {
  return CODES.get(code) ?? (/^[0-9A-Z]{5}$/.test(code) ? CLASSES.get(code.slice(0, 2)) : undefined);
}

/** What a pooler means by its message; its code means nothing. */
export function meaningOfPooler(message: string): Meaning | undefined {
  return POOLER_MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
}

/** For errors without a code that says enough. */
export function meaningOfMessage(message: string): Meaning | undefined {
  return MESSAGES.find(([pattern]) => pattern.test(message))?.[1];
}

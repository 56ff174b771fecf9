import type { Lane, RawResult, SqlSession, Statement } from '../driver.js';
import type { ReplicationOptions } from './model-replication.js';
import type { ModelServer } from './model-server.js';

/** How an attempt to connect ends: `hangs` never answers. */
export type ConnectFate = 'works' | 'refused' | 'overload' | 'auth' | 'lost' | 'hangs';

/** How a statement goes, where it does not go as it should. */
export interface StatementFate {
  /** It takes so long instead of as long as usual, in milliseconds. */
  readonly ms?: number;
  /** It fails with that code. */
  readonly error?: string;
  /** Its session is lost when it should begin, or when it has taken effect and is not answered yet. */
  readonly loss?: 'before' | 'after';
  /** The server no longer knows its name: the driver sends it once more. Only for statements with a name. */
  readonly forgotten?: boolean;
}

/** How a cancel goes, where it does not go as it should. */
export interface CancelFate {
  /** The server cannot be told. */
  readonly fails?: boolean;
  /** It hits nothing, as one that comes between two messages of a statement. */
  readonly misses?: boolean;
  /** It hits so long after the server was told, in milliseconds. Default: the server's `cancelLagMs`. */
  readonly lagMs?: number;
}

/** Decides what goes wrong, each time anew. What is not decided goes well. */
export interface ModelFates {
  /** Somebody connects. */
  connect?(server: ModelServer): ConnectFate;
  /** A statement is about to run. */
  execute?(server: ModelServer, statement: Statement): StatementFate | undefined;
  /** A statement is to be cancelled. */
  cancel?(server: ModelServer): CancelFate | undefined;
}

/** What the server knows of a session, for those who watch. */
export interface ObservedSession {
  /** Its number, from 1 on. */
  readonly id: number;
  /** What it was opened for. */
  readonly lane: Lane;
  /** Who has opened it; `undefined` for whoever has no name. */
  readonly client: string | undefined;
  /** The server that it is with. */
  readonly node: string;
  /** As its client knows it. */
  readonly state: SqlSession['state'];
  /** Its client has told it to close, or has cut it. */
  readonly closing: boolean;
  /** It was made ready to be shared, and refuses writes. */
  readonly shared: boolean;
  /** A transaction is open, or has failed. */
  readonly inTransaction: boolean;
  /** What was left behind in it with `set`. */
  readonly settings: ReadonlySet<string>;
  /** Statements that were given to it and are not answered. */
  readonly inFlight: number;
}

/** Hears what really happens on the servers. */
export interface ModelObserver {
  /** A statement was given to a session, which has that much in flight now. */
  submitted?(session: ObservedSession, statement: Statement): void;
  /** A statement begins to run. */
  began?(session: ObservedSession, statement: Statement): void;
  /** The answer to it arrives at the client, whose event loop may be blocked at that moment; `undefined` is an error. */
  arrived?(session: ObservedSession, statement: Statement, result: RawResult | undefined, at: number): void;
  /** A statement is to be cancelled; `head` is the first one that was submitted and is not answered. */
  cancelling?(session: ObservedSession, head: Statement | undefined): void;
  /** The server has ended a session. */
  lost?(session: ObservedSession): void;
  /** A value was written for good, on that server. */
  committed?(key: string, value: unknown, node: string): void;
}

/** What makes a `ModelCluster`. */
export interface ModelOptions {
  /** Sessions take many statements at a time, and can be shared. Default `false`. */
  readonly pipeline?: boolean;
  /** How long a statement may wait for the lock of a row, in milliseconds. Default `Infinity`. */
  readonly lockTimeoutMs?: number;
  /** How long a statement may run, in milliseconds. Default `Infinity`. */
  readonly statementTimeoutMs?: number;
  /** What goes wrong. Default: nothing. */
  readonly fates?: ModelFates;
  /** Hears what happens. Default: nobody. */
  readonly observer?: ModelObserver;
  /** Each server has a log of its own, which replicas take from whom they follow. Default: there is one log, which all servers see. */
  readonly replication?: ReplicationOptions;
}

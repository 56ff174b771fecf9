import type { Lane, Role } from '../driver.js';

export { ModelError } from './model-error.js';

/** What a server can do to its sessions. */
export interface ServedSession {
  /** What it was opened for. */
  readonly lane: Lane;
  /** The server is gone, or ends just this session. */
  lose(why: string): void;
  /** The server, or just this session, was frozen and works again. */
  wake(): void;
  /** The server does nothing for this session any more, until {@link ServedSession.wake}. */
  freeze(): void;
}

/** What a modelled server does at the moment. */
export type ModelState = 'up' | 'down' | 'frozen';

/** One modelled server. */
export interface ModelServer {
  /** Its name. */
  readonly id: string;
  /** What it is; may be changed. */
  role: Role;
  /** The history that it is on; grows with each promotion. May be changed. */
  timeline: number;
  /** What all servers of a cluster share. May be changed. */
  systemId: string;
  /** What it does at the moment. */
  state: ModelState;
  /** Values that were written, by key. Replicas see the primary's; with a log of its own, what it has received. */
  readonly data: Map<string, unknown>;
  /** Sessions that are open now. */
  readonly sessions: Set<ServedSession>;
  /** Sessions whose client has gone, and for which the server still does something. */
  readonly lingering: Set<ServedSession>;
  /** A replica shows what was committed that long ago, in milliseconds. Set by `ModelCluster.lag`. */
  replayDelayMs: number;
  /** A replica replays nothing. Set by `ModelCluster.pauseReplay`. */
  replayPaused: boolean;
  /** How much of the log it has shown so far: never less later. */
  replayed: number;
  /** Statements that were executed here. */
  statements: number;
  /** How long a statement takes on the server, in milliseconds. */
  latencyMs: number;
  /** How long a message is on its way to or from the server, in milliseconds. */
  wayMs: number;
  /** How long after the end of its own connection a cancel takes effect, in milliseconds: on whatever runs then. */
  cancelLagMs: number;
  /** Cancels that were answered. */
  cancels: number;
}

/** A server that works, and that nobody has asked anything yet. */
export function newServer(id: string, role: Role, data: Map<string, unknown>): ModelServer {
  return {
    id,
    role,
    timeline: 1,
    systemId: 'model',
    state: 'up',
    data,
    replayDelayMs: 0,
    replayPaused: false,
    replayed: 0,
    sessions: new Set(),
    lingering: new Set(),
    statements: 0,
    latencyMs: 1,
    wayMs: 0,
    cancelLagMs: 0,
    cancels: 0,
  };
}

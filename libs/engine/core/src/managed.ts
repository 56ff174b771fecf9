/** Where a managed pool is in its life. It only moves to the right, except between active and suspended. */
export type ManagedStatus = 'starting' | 'active' | 'suspended' | 'draining' | 'closed';

/** The numbers of one node (one address) of a managed pool, as `GET /health/pools` shows them. */
export interface ManagedNodeReport {
  /** Open, reachable, not starved of resources and not swamped with waiters. */
  readonly healthy: boolean;
  /** A word for humans: `active`, `ejected`, `draining`, … */
  readonly status: string;
  /** Whether writes go there: it is the primary now, whatever it is called. Absent where all nodes are alike. */
  readonly takesWrites?: boolean;
  /** Resources that exist, in use or not. */
  readonly total: number;
  /** Resources that are idle and can be lent at once. */
  readonly available: number;
  /** Resources that are lent. */
  readonly inUse: number;
  /** Callers that wait for a resource. */
  readonly waiting: number;
  /** `inUse / max`, from 0 to 1. */
  readonly utilization: number;
  /** Errors since the start: failed creates, lost connections, failed probes. */
  readonly errors: number;
}

/** What a managed pool says about itself. Kinds add fields of their own. */
export interface ManagedReport {
  /** The name that the pool was given. */
  readonly name: string;
  /** The kind of pool, for display. */
  readonly kind: string;
  /** Where the pool is in its life. */
  readonly status: ManagedStatus;
  /** It can do its main work. `false` makes the application unhealthy, not only degraded. */
  readonly serving: boolean;
  /** Keyed by node id, for instance `orders.replica-1`. */
  readonly nodes: Readonly<Record<string, ManagedNodeReport>>;
}

/**
 * What the module, the page and the plugins can do with any pool, whatever it lends. The only door through
 * which actions from outside come in.
 */
export interface Managed {
  /** The name that the pool was given in the configuration. */
  readonly name: string;
  /** The kind of pool: `postgres`, `http`, … For display; nothing may branch on it. */
  readonly kind: string;
  /** Connects. Rejects when the pool is required and nothing of it answers in time. */
  start(): Promise<void>;
  /** Refuses new work, lets accepted work finish until the deadline, then closes. */
  drain(options?: { deadlineMs?: number }): Promise<void>;
  /** Settles every waiter and frees every resource, timer and listener. May be called twice. */
  close(): Promise<void>;
  /** Holds new work back without refusing it. */
  suspend(): void;
  /** Ends {@link Managed.suspend}. */
  resume(): void;
  /** Its numbers at the moment of the call. Waits for nothing. */
  report(): ManagedReport;
  /** Changes settings at run time; throws an `OptionsError` for what it does not know. */
  tune(options: object): void;
  /** Replaces every resource, for instance because credentials were rotated. */
  evict(reason: string): void;
  /** Adds a sink for the pool's events; returns the function that removes it. */
  subscribe(sink: object): () => void;
}

/** Options of a {@link Probed.ping}. */
export interface PingOptions {
  /** Milliseconds after which an unanswered probe fails. Default 1,000. */
  readonly timeoutMs?: number;
}

/** The answer to one probe of one node. Holds no text of the server: it may be shown to anybody. */
export interface PingResult {
  /** The node answered in time. */
  readonly ok: boolean;
  /** How long the probe took, in milliseconds. */
  readonly ms: number;
  /** The stable code of the failure. */
  readonly code?: string;
  /** Whether writes go there. Absent where all nodes are alike. */
  readonly takesWrites?: boolean;
}

/** A face that can ask its servers whether they answer, past any queue of its pools. */
export interface Probed {
  /** Probes every node at once; never rejects because a node is down. Keyed by node id. */
  ping(options?: PingOptions): Promise<Readonly<Record<string, PingResult>>>;
}

/** Tells whether a face can be probed. */
export function isProbed(face: object): face is Probed {
  return typeof (face as Partial<Probed>).ping === 'function';
}

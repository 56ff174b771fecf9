import {
  NodeHealth,
  type Candidate,
  type LatencyWatch,
  type NodeHealthOptions,
} from '@nest-pooling/balancing';
import type { Env, ManagedNodeReport } from '@nest-pooling/core';
import { CircuitBreaker } from '@nest-pooling/resilience';
import {
  DEFAULT_QUERY_TIMEOUT_MS,
  nodeReport,
  pickSqlSettings,
  SqlNode,
  type Lane,
  type NodeTarget,
  type ProbeResult,
  type ServerIdentity,
} from '@nest-pooling/sql';
import type { NameWatch } from './name-watch.js';
import type { NodePositions, NodeRoles } from './node-listeners.js';
import type { RouterOptions } from './options.js';
import { EXCLUSIONS, type Exclusion, type TopologyNode } from './topology-node.js';

/** What a router says about one of its nodes. */
export interface NodeReport extends ManagedNodeReport {
  /** The node's name, for instance `orders.replica-1`. */
  readonly id: string;
  /** What the configuration calls it. */
  readonly configured: 'primary' | 'replica';
  /** What it said it is when it was probed last. */
  readonly role: 'primary' | 'replica' | 'unknown';
  /** Writes go there. */
  readonly takesWrites: boolean;
  /** The history that it was on when it was probed last; 0 where servers have none. */
  readonly timeline: number;
  /** Whether it is in rotation. */
  readonly inRotation: boolean;
  /** Why it is not, or was not before it began to return. */
  readonly reason: string | undefined;
  /** Where it stands, as configured. */
  readonly zone: string | undefined;
  /** How long its answers take on average, in milliseconds, as measured now and then; `undefined` before any was. */
  readonly averageMs: number | undefined;
  /** Its share at the moment: configured weight times slow start. */
  readonly weight: number;
  /** Active plus waiting. */
  readonly load: number;
  /**
   * How far it is behind the primary, in milliseconds, as probed last; `null` when that is not known. Told from positions and from when the
   * primary had them, so that a replica whose replay is paused, or that lost its primary, is as far behind as it is.
   */
  readonly lagMs: number | null;
  /** How many bytes of the primary's log it has not replayed; `null` when that is not known. */
  readonly lagBytes: number | null;
  /** The state of its breaker. */
  readonly breaker: string;
}

/** A node as the router sees it: a server, its health, its breaker and its share. */
export class RouterNode implements Candidate, TopologyNode {
  readonly id: string;
  readonly health: NodeHealth;
  readonly breaker: CircuitBreaker;
  /** What the last good probe said. */
  seen: ProbeResult | undefined;
  /** Why nothing may run there, whatever its health. */
  exclusion: Exclusion | undefined;
  /** Measures its answers. */
  latency: LatencyWatch | undefined;
  /** Hears who answers there. */
  roles: NodeRoles | undefined;
  /** Notes down positions. */
  positions: NodePositions | undefined;
  /** Notices that its name stands for another address. */
  names: NameWatch | undefined;
  /** Counts its returns and its changes of role: what it failed at before says nothing about what it does now. */
  turn = 0;
  /** What was known of roles when the probe was sent that is under way. */
  #asked = 0;

  constructor(
    readonly sql: SqlNode,
    readonly configured: 'primary' | 'replica',
    private readonly configuredWeight: number,
    /** Where it stands. */
    readonly zone: string | undefined,
    health: NodeHealthOptions,
    env: Env,
  ) {
    this.id = sql.id;
    this.health = new NodeHealth(sql.id, health, env);
    this.breaker = new CircuitBreaker({ name: sql.id }, env);
  }

  /** A proxy answers there. */
  get proxied(): boolean {
    return this.sql.options.target.proxied;
  }

  /** Writes go there. */
  get takesWrites(): boolean {
    return this.sql.lane === 'write';
  }

  /** Whether it is in rotation. */
  get admits(): boolean {
    return this.exclusion === undefined && this.health.admits;
  }

  /** It is not, for its failures, but has answered its last probe: better than nobody. */
  get suspect(): boolean {
    return this.exclusion === undefined && this.health.suspect;
  }

  /** Why it is not in rotation. */
  get reason(): string | undefined {
    return this.exclusion === undefined ? this.health.reason : EXCLUSIONS[this.exclusion];
  }

  get weight(): number {
    return this.configuredWeight * this.health.factor;
  }

  get load(): number {
    return this.sql.load;
  }

  /** Asks it, and notes down how far it has come. Rejects after `timeoutMs`. */
  async probe(timeoutMs: number): Promise<ProbeResult> {
    const { sql, positions } = this;
    const { probing } = sql.prober;
    // A probe that somebody else has begun was sent at a moment that is not known.
    const moment = probing ? undefined : positions?.moment();
    if (!probing) this.#asked = this.roles?.changes ?? 0;
    const asked = this.#asked;
    const result = await sql.prober.probe(timeoutMs);
    // Whoever asked, and whatever for.
    this.roles?.observe(this, result, asked);
    positions?.probed(this, result, moment);
    return result;
  }

  /** A probe was answered. */
  answered(result: ProbeResult): void {
    this.seen = result;
    this.health.probed(true);
  }

  /** A probe was missed. */
  missed(): void {
    // What was read here while it was a suspect runs elsewhere.
    if (!this.health.admits) this.sql.abandonReads(`${this.id} does not answer`);
    this.health.probed(false);
  }

  /** It is back, or is something else now: nobody has to wait for what was decided before. */
  renew(): void {
    this.turn++;
    this.breaker.reset();
    this.sql.pool.retryNow();
  }

  /** Numbers for the pages. */
  managedReport(): ManagedNodeReport {
    const { state } = this.health;
    const status = this.exclusion ?? (state === 'in' ? undefined : state);
    return { ...nodeReport(this.sql, this.admits, status), takesWrites: this.takesWrites };
  }

  report(): NodeReport {
    return {
      ...this.managedReport(),
      id: this.id,
      configured: this.configured,
      role: this.seen?.role ?? 'unknown',
      takesWrites: this.takesWrites,
      timeline: this.seen?.timeline ?? 0,
      inRotation: this.admits,
      reason: this.reason,
      zone: this.zone,
      averageMs: this.latency?.samples ? this.latency.averageMs : undefined,
      weight: this.weight,
      load: this.load,
      ...(this.positions?.lag(this) ?? { lagMs: this.seen?.lagMs ?? null, lagBytes: null }),
      breaker: this.breaker.state,
    };
  }
}

/** Makes a node of a router. A replica's sessions refuse writes on the server. */
export function routerNode(
  options: RouterOptions,
  target: NodeTarget,
  configured: 'primary' | 'replica',
  { weight, zone }: { readonly weight?: number; readonly zone?: string },
  env: Env,
  opening: (node: RouterNode) => (identity: ServerIdentity, lane: Lane) => string | undefined,
): RouterNode {
  const { driver, pool = {}, queryTimeoutMs = DEFAULT_QUERY_TIMEOUT_MS, routing } = options;
  const multiplex = options.multiplex ?? true;
  const lane: Lane = configured === 'primary' ? 'write' : 'read';
  const settings = pickSqlSettings(options);
  const sql = new SqlNode(
    {
      driver,
      target,
      lane,
      pool,
      queryTimeoutMs,
      multiplex,
      settings,
      opening: () => opening(node),
    },
    env,
  );
  const node = new RouterNode(sql, configured, weight ?? 1, zone, routing?.health ?? {}, env);
  return node;
}

import { ModelCluster } from '@nest-pooling/sql/testing';
import { propagate } from '../seeds/propagate.js';
import { SeedWorld } from '../seeds/seed-world.js';
import { App } from './app.js';
import { STALLS_APART_MS } from './call.js';
import { Calls } from './calls.js';
import { Lasting } from './lasting.js';
import { Ledger } from './ledger.js';
import { Links } from './links.js';
import { Operator } from './operator.js';
import type { RouterUnderTest } from './router-under-test.js';
import { Servers } from './servers.js';
import { drawSetup, type Setup } from './setup.js';
import { User } from './user.js';
import { Watch } from './watch.js';
import { Weather } from './weather.js';

const PRIMARY = 'db-1';
const USERS = 3;

/** Everything that one seed makes: a cluster, two app instances with a router each, those who use them, and what they know. */
export class RouterWorld extends SeedWorld {
  readonly setup: Setup;
  readonly cluster: ModelCluster;
  readonly servers: Servers;
  readonly operator: Operator;
  readonly lasting = new Lasting(this);
  readonly weather: Weather;
  readonly calls: Calls;
  readonly ledger: Ledger;
  readonly apps: readonly App[];
  /** Their requests come to any app. */
  readonly users: readonly User[] = Array.from({ length: USERS }, () => new User());
  readonly links = new Links(this);
  /** How many reads each app has sent to each server. */
  readonly reads = new Map<string, number>();
  /** All faults are over and forgotten: nothing may fail. */
  steady = false;
  ended = false;
  closed = 0;

  constructor(
    seed: number,
    readonly routing: RouterUnderTest,
    recording: boolean,
  ) {
    super(seed, recording, STALLS_APART_MS);
    const setup = drawSetup(this.dice);
    this.setup = setup;
    if (this.dice.chance(0.15)) propagate(this.env);
    this.weather = new Weather(this);
    this.calls = new Calls(this);
    this.ledger = new Ledger(this);
    const { synchronous, shipMs } = setup;
    this.cluster = new ModelCluster(this.env, {
      pipeline: true,
      lockTimeoutMs: 600,
      fates: this.weather,
      observer: new Watch(this),
      replication: { synchronous, shipMs },
    });
    const targets = [this.cluster.add(PRIMARY, 'primary')];
    for (let at = 0; at < setup.replicas; at++) targets.push(this.cluster.add(`db-${at + 2}`, 'replica'));
    this.servers = new Servers(this);
    this.operator = new Operator(this, PRIMARY);
    for (const id of this.operator.replicas) this.cluster.follow(id, PRIMARY);
    for (const id of this.servers.ids) {
      const server = this.cluster.server(id);
      server.latencyMs = setup.latencyMs;
      server.wayMs = setup.wayMs;
    }
    this.apps = setup.apps.map((app, at) => new App(this, `app-${at + 1}`, app, routing, targets));
  }

  /** Timers of the routers: the others are the servers' and the callers'. */
  get timers(): number {
    return this.env.pendingTimers - this.cluster.pendingTimers - this.naps;
  }

  /** Both routers know where their nodes are, mostly. */
  async start(): Promise<void> {
    for (const app of this.apps) if (this.dice.chance(0.9)) await app.start();
    if (this.dice.chance(0.8)) await this.env.advance(600);
  }

  /** Blocks the event loop of both apps; what has arrived meanwhile is there when it goes on. */
  override stall(ms: number): Promise<void> {
    this.trace.note('stall', ms);
    return super.stall(ms, () => this.cluster.deliver());
  }
}

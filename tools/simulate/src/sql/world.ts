import { ModelCluster, type ModelServer, type ModelSession } from '@nest-pooling/sql/testing';
import type { SingleNodePool } from '@nest-pooling/sql';
import { propagate } from '../seeds/propagate.js';
import { SeedWorld } from '../seeds/seed-world.js';
import { Calls } from './calls.js';
import { isOne, type Call } from './call.js';
import { codeOf } from './errors.js';
import { Ledger } from './ledger.js';
import { Losses } from './losses.js';
import { drawSetup, type Setup } from './setup.js';
import type { SqlUnderTest } from './sql-under-test.js';
import { Watch } from './watch.js';
import { Weather } from './weather.js';

/** Stalls less far from each other count together. */
const STALLS_APART_MS = 500;
/** The watchdog looks once in so long. */
const TICK_MS = 1_000;
/** Timeouts are whole milliseconds. */
const DEADLINE_BOUND_MS = 1;
/** Its time, and one more probe. */
const START_MS = 1_600;
const SERVER = 'shop.primary';

/** Everything that one seed makes: a server, a pool of sessions to it, those who use it, and what they know. */
export class SqlWorld extends SeedWorld {
  readonly setup: Setup;
  readonly cluster: ModelCluster;
  readonly server: ModelServer;
  readonly pool: SingleNodePool;
  readonly weather: Weather;
  readonly calls: Calls;
  readonly ledger: Ledger;
  /** Sessions that the server has ended, and of which their client has heard. */
  readonly losses = new Losses();
  /** Pipes that were cut, or may have been, for the sake of those who use them. */
  spoilt = 0;
  /** All faults are over and forgotten: nothing may fail. */
  steady = false;
  /** The most sessions that the pool may have; lower ones come into effect late. */
  allowed: number;
  max: number;
  ending: { closed: boolean; readonly limitMs: number } | undefined;
  /** Since when the server has been what it is not any more. */
  roleChangedAt = -Infinity;

  constructor(seed: number, sql: SqlUnderTest, recording: boolean) {
    super(seed, recording, STALLS_APART_MS);
    const setup = drawSetup(this.dice);
    this.setup = setup;
    if (this.dice.chance(0.15)) propagate(this.env);
    this.weather = new Weather(this);
    this.calls = new Calls(this);
    this.ledger = new Ledger(this);
    const { lockTimeoutMs, statementTimeoutMs, settings, multiplex, prepareAfter, queryTimeoutMs } = setup;
    const { maxTransactionMs } = setup;
    this.cluster = new ModelCluster(this.env, {
      pipeline: true,
      lockTimeoutMs,
      statementTimeoutMs,
      fates: this.weather,
      observer: new Watch(this),
    });
    const target = { ...this.cluster.add(SERVER, 'primary'), proxied: setup.proxied };
    this.server = this.cluster.server(SERVER);
    this.server.latencyMs = setup.latencyMs;
    this.server.wayMs = setup.wayMs;
    this.allowed = this.max = settings.max;
    this.pool = new sql.SingleNodePool(
      {
        name: 'shop',
        kind: 'model',
        driver: this.cluster,
        target,
        pool: settings,
        multiplex,
        prepareAfter,
        queryTimeoutMs,
        maxTransactionMs,
        startTimeoutMs: 400,
      },
      this.env,
    );
  }

  /** The sessions that the server has, as their client sees them. */
  get sessions(): readonly ModelSession[] {
    const { sessions, lingering } = this.server;
    return [...sessions, ...lingering] as ModelSession[];
  }

  /** Timers of the pool: the others are the server's and the callers'. */
  get timers(): number {
    return this.env.pendingTimers - this.cluster.pendingTimers - this.naps;
  }

  /** Ends once where nobody waits for it: a required pool that cannot start says so. */
  async start(): Promise<void> {
    const { pool, ledger, cluster } = this;
    for (const key of ['k0', 'k1', 'k2']) {
      const { value } = ledger.newWrite(key);
      this.server.data.set(key, value);
      ledger.committed(key, value);
    }
    if (this.dice.chance(0.3)) return;
    if (this.dice.chance(0.1)) cluster.kill(this.server.id);
    const started = { over: false };
    const over = (): void => {
      started.over = true;
    };
    pool.start().then(over, (error: unknown) => {
      over();
      if (codeOf(error) !== 'SQL_START_FAILED') this.fail(`the start gave ${String(error)}`);
      this.count('start: failed');
    });
    for (let ms = 0; !started.over; ms += 10) {
      if (ms > START_MS) return this.fail('the start does not end');
      await this.env.advance(10);
    }
    cluster.restore(this.server.id);
  }

  /** New sizes: what is too much by them may remain for a while. */
  resize(min: number, max: number): void {
    this.allowed = Math.max(this.allowed, max);
    this.max = max;
    this.pool.tune({ min, max });
  }

  /** So many sessions are there: what was too much is gone. */
  settleSize(total: number): void {
    this.allowed = Math.max(this.max, Math.min(this.allowed, total));
  }

  /** How late an answer may be. */
  slackMs(call: Call): number {
    const leap = this.leapWithin(STALLS_APART_MS);
    if (isOne(call)) return DEADLINE_BOUND_MS + leap;
    // Nothing ends a COMMIT, and nothing the work between two statements.
    return DEADLINE_BOUND_MS + leap + this.statementMs + 200;
  }

  /** Its statement has run for so long that the watchdog may cancel it, whatever its caller wants; it counts in ticks. */
  isOverdue(call: Call): boolean {
    if (!this.setup.proxied) return false;
    // Of several statements it may be one that is not the call's own, like BEGIN.
    const since = isOne(call) ? call.sentAt : call.since;
    return this.now - since >= this.setup.queryTimeoutMs - TICK_MS;
  }

  /** How long a statement takes at the most before it is given up. */
  get statementMs(): number {
    const { queryTimeoutMs, proxied } = this.setup;
    // Behind a pooler it is cancelled first, and looked at once more.
    return queryTimeoutMs + (proxied ? 3 : 2) * TICK_MS + 50;
  }

  /** An error of that code may come to a call though it was not given to it on purpose. */
  mayHappen(code: string, { kind, since }: Call): boolean {
    const many = kind === 'transaction' || kind === 'use' || kind === 'stream';
    // To its BEGIN, its COMMIT and the like.
    if (many && this.weather.gaveSince(code, since)) return true;
    switch (code) {
      case 'conflict':
        // Those who wait for each other's rows.
        return kind === 'transaction' || kind === 'use';
      case 'timeout':
        return this.setup.statementTimeoutMs !== Infinity || kind !== 'stream';
      case 'role':
        return this.roleChangedAt >= since || this.server.role !== 'primary';
      case 'other':
      case 'rolled-back':
        // After an error in its transaction.
        return many;
      default:
        return false;
    }
  }

  /** Blocks the event loop; what has arrived meanwhile is there when it goes on. */
  override stall(ms: number): Promise<void> {
    // Whoever watches finds that much passed.
    this.losses.hangs(this.now + ms + this.statementMs);
    return super.stall(ms, () => this.cluster.deliver());
  }

  /** Somebody computes for long between what he asks. */
  busy(ms: number, ask: () => void): Promise<void> {
    this.losses.hangs(this.now + ms + this.statementMs);
    return super.block(ms, () => this.cluster.deliver(), ask);
  }
}

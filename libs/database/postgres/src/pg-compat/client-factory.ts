import { untilAborted } from '@nest-pooling/sql';
import { ConnectFailure, CrowdWriter } from '@nest-pooling/sql/faces';
import type { Env } from '@nest-pooling/core';
import type { CheckResult, ResourceFactory } from '@nest-pooling/pool';
import type { ClientBase, PoolClient, PoolConfig } from 'pg';
import type { OnReturn } from './config.js';
import { LeanQueries } from './lean-queries.js';
import { Member } from './member.js';
import { cut, isDead, isIdle, isQuiet, keepAlive, untilQuiet } from './pg-client.js';
import { RESET_STATEMENT } from '../statements.js';
import { watchStatements } from './statement-text.js';

/** What the factory asks and tells the pool that it works for. */
export interface ClientHost {
  /** The class of the clients. */
  readonly Client: new (options: object) => ClientBase;
  /** Hears of everything, for those who debug. */
  log(...messages: unknown[]): void;
  /** A client was connected. */
  connected(client: PoolClient): void;
  /** A client was closed. */
  removed(client: PoolClient): void;
  /** The connection of an idle client was lost. */
  lost(error: Error, client: PoolClient): void;
}

/** How long a goodbye may take before the connection is cut. */
const CLOSE_MS = 5_000;

/** Connects, checks, cleans and closes the clients of one pool. */
export class ClientFactory implements ResourceFactory<Member> {
  /** Those that exist or are being connected, and were not given up. */
  readonly members = new Set<Member>();
  /** How many are being connected. */
  connecting = 0;
  readonly exitsOnIdle: boolean;
  readonly #writer: CrowdWriter;

  constructor(
    private readonly host: ClientHost,
    private readonly options: PoolConfig,
    private readonly onReturn: OnReturn,
    private readonly env: Env,
    private readonly lost: (member: Member) => void,
    crowded: () => boolean,
  ) {
    this.#writer = new CrowdWriter(env, crowded);
    this.exitsOnIdle = options.allowExitOnIdle === true;
  }

  async create(signal: AbortSignal): Promise<Member> {
    const { host } = this;
    const client = new host.Client(this.#clientOptions()) as PoolClient;
    const member = new Member(client, this);
    this.members.add(member);
    this.connecting++;
    // Always: an `error` that nobody hears ends the process.
    client.on('error', (error: Error) => this.#failed(member, error));
    host.log('connecting new client');
    try {
      await connected(client, signal);
      await untilAborted(this.#setUp(client), signal);
      host.log('new client connected');
      host.connected(client);
    } catch (error) {
      host.log('client failed to connect', error);
      this.left(member);
      member.broken = true;
      await this.#close(client);
      throw new ConnectFailure(error);
    } finally {
      this.connecting--;
    }
    member.lean = LeanQueries.of(client, this.#writer);
    if (this.onReturn !== 'nothing') member.lean?.attach();
    if (this.onReturn === 'session') watchStatements(client, () => (member.dirty = true));
    if (this.exitsOnIdle) keepAlive(client, false);
    member.bornAt = this.env.scheduler.now();
    return member;
  }

  check(member: Member): CheckResult {
    const { client } = member;
    if (member.broken || isDead(client)) return 'broken';
    if (this.onReturn === 'nothing') return 'ok';
    return isQuiet(client) && isIdle(client) && !member.dirty ? 'ok' : 'reset';
  }

  /** Settled without a round trip where it only waited for the end of a statement. */
  async reset(member: Member): Promise<void> {
    const { client } = member;
    await untilQuiet(client);
    if (!isIdle(client)) await client.query('ROLLBACK');
    if (!member.dirty) return;
    await client.query(RESET_STATEMENT);
    await this.#setUp(client);
    member.dirty = false;
  }

  /** Only where `pooling.settings` ask for it. */
  async validate(member: Member): Promise<boolean> {
    await member.client.query('SELECT 1');
    return true;
  }

  async destroy(member: Member, reason: string): Promise<void> {
    const { host } = this;
    this.left(member);
    member.broken = true;
    host.log(`remove client: ${reason}`);
    await this.#close(member.client);
    host.removed(member.client);
  }

  /** It does not count any more. */
  left(member: Member): void {
    this.members.delete(member);
  }

  async #setUp(client: PoolClient): Promise<void> {
    // It may return a promise, whatever its type says.
    const hook = this.options.onConnect as ((client: PoolClient) => unknown) | undefined;
    await hook?.(client);
  }

  #failed(member: Member, error: Error): void {
    const { host } = this;
    if (member.broken) {
      host.log('additional client error after disconnection due to error', error);
      return;
    }
    member.broken = true;
    // Whoever has it hears of it by his statement, or by a listener of his own.
    if (member.lease !== undefined) return;
    this.left(member);
    this.lost(member);
    host.lost(Object.assign(error, { client: member.client }), member.client);
  }

  async #close(client: PoolClient): Promise<void> {
    const timer = this.env.scheduler.after(CLOSE_MS, () => cut(client));
    timer.unref();
    try {
      await client.end();
    } finally {
      timer.cancel();
    }
  }

  /** All that the pool was given, but the timeout: the engine has it, and says what pg.Pool says. */
  #clientOptions(): object {
    const own = Object.getOwnPropertyDescriptors(this.options);
    const options = Object.defineProperties({}, own);
    return Object.assign(options, { connectionTimeoutMillis: 0 });
  }
}

function connected(client: PoolClient, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => cut(client);
    signal.addEventListener('abort', onAbort, { once: true });
    client.connect((error: Error | null) => {
      signal.removeEventListener('abort', onAbort);
      if (error) reject(error);
      else resolve();
    });
  });
}

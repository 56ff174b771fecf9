/* oxlint-disable no-underscore-dangle -- mysql2's own, which its pool works with */
import type { Env } from '@nest-pooling/core';
import type { CheckResult, ResourceFactory } from '@nest-pooling/pool';
import { untilAborted } from '@nest-pooling/sql';
import { ConnectFailure, CrowdWriter } from '@nest-pooling/sql/faces';
import type { PoolConnection } from 'mysql2';
import { IN_TRANSACTION } from '../wire-options.js';
import type { OnReturn } from './config.js';
import { classes, cut, isDead, isQuiet, poolInsides, type FullConfig } from './insides.js';
import { AUTOCOMMIT, Member } from './member.js';
import { holdWrites } from './hold-writes.js';
import { lostError } from './messages.js';
import { promisesOf } from './promise-face.js';
import { Watch } from './watch.js';

/** The pool that connections belong to, as mysql2's own connections call it. */
export interface ConnectionHost {
  readonly config: { readonly connectionConfig: FullConfig };
}

/** How long a goodbye may take before the connection is cut. */
const CLOSE_MS = 5_000;

/** Makes, checks, cleans and closes the connections of one pool. */
export class ConnectionFactory implements ResourceFactory<Member> {
  /** Those that exist or are being made, and were not given up. */
  readonly members = new Set<Member>();
  /** How many are being made. */
  connecting = 0;
  readonly #writer: CrowdWriter;

  constructor(
    private readonly host: ConnectionHost,
    private readonly onReturn: OnReturn,
    private readonly env: Env,
    private readonly lost: (member: Member) => void,
    crowded: () => boolean,
  ) {
    this.#writer = new CrowdWriter(env, crowded);
  }

  async create(signal: AbortSignal): Promise<Member> {
    const connection = new classes.PoolConnection(this.host, { config: this.#config() });
    // As the pool's own.
    connection.promise = (Own?: PromiseConstructor) => promisesOf(connection, Own);
    const member = new Member(connection, this);
    this.members.add(member);
    this.connecting++;
    // Always: an `error` that nobody hears ends the process.
    connection.on('error', () => {});
    try {
      await untilAborted(connected(connection), signal);
    } catch (error) {
      this.left(member);
      member.broken = true;
      poolInsides(connection)._pool = null;
      connection.destroy();
      cut(connection);
      throw new ConnectFailure(error);
    } finally {
      this.connecting--;
    }
    connection.on('error', () => this.#gone(member));
    connection.on('end', () => this.#gone(member));
    holdWrites(connection, this.#writer);
    member.watch = new Watch(connection, { heard: (status) => (member.status = status), quiet: () => {} });
    return member;
  }

  check(member: Member): CheckResult {
    const { connection, status } = member;
    if (member.broken || isDead(connection)) return 'broken';
    if (this.onReturn === 'nothing') return 'ok';
    const clean = isQuiet(connection) && (status & (IN_TRANSACTION | AUTOCOMMIT)) === AUTOCOMMIT;
    return clean && this.onReturn === 'rollback' ? 'ok' : 'reset';
  }

  async reset(member: Member): Promise<void> {
    const { connection } = member;
    // The answer comes behind all others.
    if (!isQuiet(connection)) await answered(connection, (told) => connection.ping(told));
    if (this.onReturn === 'session' || (member.status & AUTOCOMMIT) === 0) {
      await answered(connection, (told) => connection.reset(told));
      member.status = AUTOCOMMIT;
    } else if ((member.status & IN_TRANSACTION) !== 0) {
      await answered(connection, (told) => connection.query('ROLLBACK', told));
    }
  }

  /** Only where `pooling.settings` ask for it. */
  async validate({ connection }: Member): Promise<boolean> {
    await answered(connection, (told) => connection.ping(told));
    return true;
  }

  async destroy(member: Member): Promise<void> {
    const { connection } = member;
    this.left(member);
    member.broken = true;
    const inner = poolInsides(connection);
    // It is the pool that closes it.
    inner._pool = null;
    if (inner.stream.destroyed) return this.#told(member);
    const timer = this.env.scheduler.after(CLOSE_MS, () => cut(connection));
    try {
      await new Promise<void>((resolve) => {
        (inner.stream as unknown as NodeJS.EventEmitter).once('close', resolve);
        // A goodbye of its own makes it end when what it was asked before is answered.
        if (!isDead(connection)) inner._realEnd();
      });
    } finally {
      timer.cancel();
      this.#told(member);
    }
  }

  /** It does not count any more. */
  left(member: Member): void {
    this.members.delete(member);
  }

  #told({ watch }: Member): void {
    watch?.tellAll(lostError());
  }

  #gone(member: Member): void {
    if (member.broken) return;
    member.broken = true;
    member.watch?.tellAll(lostError());
    // Whoever has it hears of it by his statement, or by a listener of his own.
    if (member.lease !== undefined) return;
    this.left(member);
    this.lost(member);
  }

  /** One of its own: `changeUser`, for one, writes there. */
  #config(): object {
    const { connectionConfig } = this.host.config;
    return Object.create(
      Object.getPrototypeOf(connectionConfig) as object,
      Object.getOwnPropertyDescriptors(connectionConfig),
    ) as object;
  }
}

function connected(connection: PoolConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    // Without a word, which mysql2 tells nobody.
    const ended = (): void => void setImmediate(reject, lostError());
    connection.once('end', ended);
    connection.connect((error) => {
      connection.removeListener('end', ended);
      if (error) reject(error);
      else resolve();
    });
  });
}

function answered(
  connection: PoolConnection,
  ask: (told: (error: unknown) => void) => unknown,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (isDead(connection)) reject(lostError());
    else ask((error) => (error ? reject(error) : resolve()));
  });
}

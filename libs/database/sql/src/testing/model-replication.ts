import type { ModelClock } from './model-clock.js';
import type { ModelDatabase } from './model-database.js';
import type { ModelServer } from './model-server.js';

/** How replicas get what is committed. */
export interface ReplicationOptions {
  /** How long an entry of the log is on its way to a replica, in milliseconds. */
  readonly shipMs: number;
  /** A commit is acknowledged when one replica has it, whichever (`synchronous_standby_names = 'ANY 1 (*)'`). */
  readonly synchronous: boolean;
}

/** How often somebody whose commit no replica has yet looks again. */
const AGAIN_MS = 20;

/**
 * Servers with a log each. A replica takes what the server that it follows has committed, as long as both work and nothing separates
 * them, and what was on its way when that ended never comes. One that becomes the primary goes on with what it has: that is a history
 * of its own.
 */
export class ModelReplication {
  readonly #followed = new Map<ModelServer, ModelServer>();
  readonly #databases = new Map<ModelServer, ModelDatabase>();
  readonly #separated = new Set<ModelServer>();

  constructor(
    private readonly options: ReplicationOptions,
    private readonly clock: ModelClock,
  ) {}

  add(server: ModelServer, database: ModelDatabase): void {
    this.#databases.set(server, database);
  }

  databaseOf(server: ModelServer): ModelDatabase {
    return this.#databases.get(server)!;
  }

  /** Whom a server follows. */
  followed(server: ModelServer): ModelServer | undefined {
    return this.#followed.get(server);
  }

  /** Nothing comes to a replica any more, or again. */
  separate(server: ModelServer, separated: boolean): void {
    this.pull();
    if (separated) this.#separated.add(server);
    else this.#separated.delete(server);
  }

  /** It follows another one; what it has and that one has not is gone. */
  follow(server: ModelServer, upstream: ModelServer): void {
    this.pull();
    this.#followed.set(server, upstream);
    const mine = this.databaseOf(server);
    const theirs = this.databaseOf(upstream).log.entries;
    const { entries } = mine.log;
    let same = 0;
    while (same < entries.length && entries[same] === theirs[same]) same++;
    if (same < entries.length) mine.rewind(same);
    server.replayed = Math.min(server.replayed, same);
  }

  /** It follows nobody, and shows all that it has. */
  lead(server: ModelServer): void {
    this.pull();
    this.#followed.delete(server);
    server.replayPaused = false;
    server.replayDelayMs = 0;
  }

  /** Everybody takes what has come by now: to be called before anything changes. */
  pull(): void {
    for (const server of this.#followed.keys()) this.#pull(server);
  }

  /** Calls `done` when a replica has what the primary has up to `position`, unless it is `over` before. */
  whenReceived(primary: ModelServer, position: number, over: () => boolean, done: () => void): void {
    const { clock, options } = this;
    const look = (): void => {
      if (over()) return;
      this.pull();
      if (primary.state === 'up' && this.#isReceived(primary, position)) done();
      else clock.after(AGAIN_MS, look);
    };
    // There, and back.
    if (options.synchronous) clock.after(2 * options.shipMs, look);
    else done();
  }

  #isReceived(primary: ModelServer, position: number): boolean {
    for (const [server, upstream] of this.#followed) {
      if (upstream !== primary || !this.#connected(server, upstream)) continue;
      if (this.databaseOf(server).log.entries.length >= position) return true;
    }
    return false;
  }

  #connected(server: ModelServer, upstream: ModelServer): boolean {
    return server.state === 'up' && upstream.state === 'up' && !this.#separated.has(server);
  }

  #pull(server: ModelServer): void {
    const upstream = this.#followed.get(server)!;
    if (!this.#connected(server, upstream)) return;
    const mine = this.databaseOf(server);
    const theirs = this.databaseOf(upstream).log.entries;
    const until = this.clock.now() - this.options.shipMs;
    for (let at = mine.log.entries.length; at < theirs.length && theirs[at]!.at <= until; at++)
      mine.take(theirs[at]!);
  }
}

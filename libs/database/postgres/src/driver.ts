import { Problems, type Env } from '@nest-pooling/core';
import {
  resolveHosts,
  StatementClassifier,
  untilAborted,
  type Classification,
  type Fault,
  type FaultContext,
  type Lane,
  type NodeTarget,
  type Position,
  type SqlDriver,
} from '@nest-pooling/sql';
import { postgresDialect } from './classify.js';
import { checkDriverOptions, type PostgresDriverOptions } from './driver-options.js';
import { postgresFault } from './fault.js';
import { Hosts, hostsOf } from './hosts.js';
import { comparePositions, distanceOf } from './lsn.js';
import { LoginGuard } from './login.js';
import { openSession } from './open-session.js';
import { loadPg } from './pg.js';
import type { PostgresSession } from './session.js';
import { joinSettings, type Settings } from './settings.js';

/** Postgres, by `pg` 8.23 or later. */
export class PostgresDriver implements SqlDriver {
  readonly dialect = 'postgres';
  /** Pipelining behind no proxy only. */
  readonly can = { pipeline: true, cancel: true, positions: true };
  readonly #options: PostgresDriverOptions;
  readonly #classifier: StatementClassifier;
  readonly #settings: Settings;
  readonly #logins = new LoginGuard();
  readonly #hosts = new Hosts();

  /** @throws OptionsError `OPTIONS_INVALID` that lists everything wrong with the options */
  constructor(options: PostgresDriverOptions = {}) {
    const problems = new Problems();
    checkDriverOptions(problems, '', options);
    problems.throwIfAny('PostgresDriver');
    this.#options = options;
    this.#classifier = new StatementClassifier(postgresDialect);
    const { statementTimeoutMs = 60_000, lockTimeoutMs = 10_000, idleInTransactionTimeoutMs } = options;
    const idle = idleInTransactionTimeoutMs;
    this.#settings = joinSettings(
      { statement_timeout: wholeMs(statementTimeoutMs), lock_timeout: wholeMs(lockTimeoutMs) },
      { timezone: options.timeZone ?? 'UTC' },
      idle === undefined ? {} : { idle_in_transaction_session_timeout: wholeMs(idle) },
      options.settings ?? {},
    );
  }

  /**
   * @throws what pg or the server said; the signal's reason when it aborted; `DriverMissingError`
   */
  async connect(target: NodeTarget, lane: Lane, env: Env, signal: AbortSignal): Promise<PostgresSession> {
    const pg = await untilAborted(loadPg(), signal);
    const opening = { pg, options: this.#options, settings: this.#settings, target, lane, env };
    return this.#logins.run(target, env, signal, (login) =>
      this.#hosts.open(target, lane, env, signal, (address, limited, accept) =>
        openSession({ ...opening, signal: limited }, address, login, accept),
      ),
    );
  }

  /** See `StatementClassifier`. */
  classify(text: string): Classification {
    return this.#classifier.classify(text);
  }

  /** See `postgresFault`. */
  fault(error: unknown, during: FaultContext): Fault {
    return postgresFault(error, during);
  }

  /** See `comparePositions`. */
  compare(have: Position, want: Position): 'reached' | 'behind' | 'incomparable' {
    return comparePositions(have, want);
  }

  /** See `resolveHosts`. */
  addresses(target: NodeTarget): Promise<string | undefined> {
    return resolveHosts(hostsOf(target).map(({ host }) => host));
  }

  /** See `distanceOf`. */
  distance(have: Position, want: Position): number | undefined {
    return distanceOf(have, want);
  }
}

/** Postgres counts whole milliseconds, and takes 0 as "no limit". */
function wholeMs(ms: number): string {
  return ms === Infinity ? '0' : String(Math.ceil(ms));
}

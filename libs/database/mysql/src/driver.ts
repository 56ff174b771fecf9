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
import { mysqlDialect } from './classify.js';
import { checkDriverOptions, type MysqlDriverOptions } from './driver-options.js';
import { mysqlFault } from './fault.js';
import { comparePositions } from './gtid.js';
import { loginGuard } from './login.js';
import { loadMysql2 } from './mysql2.js';
import { openSession, valuesOf } from './open-session.js';
import type { MysqlSession } from './session.js';
import { Unpreparable } from './unpreparable.js';

/** MySQL 8 and MariaDB 10.5 or later, by `mysql2` 3.24 or later. */
export class MysqlDriver implements SqlDriver {
  readonly dialect = 'mysql';
  readonly can = { pipeline: true, cancel: true, positions: true };
  readonly #options: MysqlDriverOptions;
  readonly #classifier = new StatementClassifier(mysqlDialect);
  readonly #logins = loginGuard();
  readonly #unpreparable = new Unpreparable();

  /** @throws OptionsError `OPTIONS_INVALID` that lists everything wrong with the options */
  constructor(options: MysqlDriverOptions = {}) {
    const problems = new Problems();
    checkDriverOptions(problems, '', options);
    problems.throwIfAny('MysqlDriver');
    this.#options = options;
  }

  /**
   * @throws what mysql2 or the server said; the signal's reason when it aborted; `DriverMissingError`; `LoginRefusedError`
   */
  async connect(target: NodeTarget, lane: Lane, env: Env, signal: AbortSignal): Promise<MysqlSession> {
    const mysql2 = await untilAborted(loadMysql2(), signal);
    const opening = {
      mysql2,
      options: this.#options,
      unpreparable: this.#unpreparable,
      target,
      lane,
      env,
      signal,
    };
    return this.#logins.run(target, env, signal, (login) => openSession(opening, login));
  }

  /** How its connections send and read values, as options of mysql2. @internal */
  get connecting(): object {
    return valuesOf(this.#options);
  }

  /** See `StatementClassifier`. */
  classify(text: string): Classification {
    return this.#classifier.classify(text);
  }

  /** See `mysqlFault`. */
  fault(error: unknown, during: FaultContext): Fault {
    return mysqlFault(error, during);
  }

  /** See `resolveHosts`. */
  addresses(target: NodeTarget): Promise<string | undefined> {
    return resolveHosts([target.host]);
  }

  /** See `comparePositions`. */
  compare(have: Position, want: Position): 'reached' | 'behind' | 'incomparable' {
    return comparePositions(have, want);
  }
}

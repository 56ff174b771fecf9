import { Problems } from '@nest-pooling/core';
import type {
  Fault,
  Position,
  ProbeResult,
  RawResult,
  ServerIdentity,
  SqlSession,
  Statement,
  StatementReceiver,
} from '@nest-pooling/sql';
import type { Connection } from 'mysql2';
import { backToDatabase } from './back-to-database.js';
import { beginOf } from './begin.js';
import { CommitRolledBackError, ResetFailedError, TransactionRolledBackError } from './errors.js';
import { mysqlFault } from './fault.js';
import { Pipeline } from './pipeline.js';
import { Runner } from './run-statement.js';
import type { SessionContext } from './session-context.js';
import { Standing } from './standing.js';
import { flavourOf, READ_ONLY_STATEMENT, type Flavour } from './statements.js';
import { streamRows } from './stream.js';
import type { Wire } from './wire.js';

const ROLLBACK = /^\s*ROLLBACK(?:\s+WORK)?\s*;?\s*$/i;
const COMMIT = /^\s*COMMIT\b/i;

/**
 * One connection to a MySQL or MariaDB server: one connection of mysql2. It runs one statement at a time; what is
 * given to `submit` waits its turn on the server. Made by `MysqlDriver.connect`.
 */
export class MysqlSession implements SqlSession {
  onLost?: (fault: Fault) => void;
  readonly #context: SessionContext;
  readonly #wire: Wire;
  readonly #runner: Runner;
  readonly #pipeline: Pipeline;
  readonly #standing: Standing;
  #flavour: Flavour = 'mysql';

  /** @internal */
  constructor(context: SessionContext, wire: Wire) {
    this.#context = context;
    this.#wire = wire;
    this.#runner = new Runner(context.target.id, wire, context.unpreparable);
    this.#pipeline = new Pipeline(context.target.id, context.env, wire, context.unpreparable);
    this.#standing = new Standing(context.target, wire);
    wire.onIdleLoss = (error) => {
      const during = { lane: context.lane, role: this.identity.role, sent: false, committing: false };
      this.onLost?.(mysqlFault(error, during));
    };
  }

  /** The connection of mysql2, for what has no place in a session. */
  get client(): Connection {
    return this.#wire.connection as unknown as Connection;
  }

  /** What runs on that connection, for faces that have it to themselves for a while. @internal */
  get wire(): Wire {
    return this.#wire;
  }

  /** As read when the session was opened; a promotion since does not change it. */
  get identity(): ServerIdentity {
    return this.#standing.identity;
  }

  /**
   * The transaction's status in the server's last answer; `failed` when the server has rolled the transaction back by itself (a deadlock):
   * then only ROLLBACK is taken; `broken` as soon as the connection is gone or given up.
   */
  get state(): SqlSession['state'] {
    return this.#wire.state;
  }

  /** Connects, sets up and reads the identity. @internal */
  async open(): Promise<void> {
    this.#flavour = flavourOf(await this.#wire.connect());
    await this.#setUp();
    await this.#standing.read(this.#flavour);
  }

  /**
   * @throws mysql2's own error where the server refused; `SessionLostError` when the connection was lost; `ParametersError`;
   *   `TransactionRolledBackError`
   */
  execute(statement: Statement): Promise<RawResult> {
    try {
      if (this.#wire.rolledBackBy !== undefined) return this.#afterRollback(statement);
      const begin = beginOf(statement.text);
      return begin === undefined ? this.#runner.run(statement) : this.#begin(begin);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Sends it without waiting for the answer to the one before; what comes in one turn of the event loop leaves in one write. */
  submit(statement: Statement, receiver: StatementReceiver): void {
    this.#pipeline.submit(statement, receiver);
  }

  /** Refuses writes until the next reset. */
  async share(): Promise<void> {
    if (this.#context.lane !== 'read') await this.#wire.query({ sql: READ_ONLY_STATEMENT });
  }

  /**
   * Reads rows as the server sends them, and holds it up where the reader is slower. The statement timeout does not count. Nothing else
   * runs on the session meanwhile.
   */
  stream(statement: Statement, batch: number): AsyncIterable<readonly unknown[]> {
    const problems = new Problems();
    problems.number('batch', batch, { min: 1, max: 2_147_483_647, integer: true });
    problems.throwIfAny('stream');
    return streamRows({
      wire: this.#wire,
      command: () => {
        const { rolledBackBy } = this.#wire;
        if (rolledBackBy !== undefined)
          throw new TransactionRolledBackError(this.#context.target.id, rolledBackBy);
        return this.#runner.command(statement);
      },
      batch,
      ...this.#context.streaming(this.#flavour),
      cancel: () => this.cancel(),
      destroy: () => this.destroy(),
    });
  }

  /** @throws CommitRolledBackError `SQL_COMMIT_ROLLED_BACK` when the server had rolled the transaction back by itself */
  async commit(): Promise<void> {
    await this.execute({ text: 'COMMIT' });
  }

  /** @throws RoleChangedError `SQL_ROLE_CHANGED` when the server was promoted since the session was opened */
  position(): Promise<Position> {
    return this.#standing.position();
  }

  /** `false` as well when the position belongs to another system. */
  reached(position: Position): Promise<boolean> {
    return this.#standing.reached(position);
  }

  /** A replica is asked twice: for itself, and for its replication if the user may look at that. */
  probe(): Promise<ProbeResult> {
    return this.#standing.probe();
  }

  /** @throws CancelFailedError `SQL_CANCEL_FAILED` when the server could not be told within 2 s */
  cancel(): Promise<void> {
    return this.#context.cancel(this.#wire);
  }

  /**
   * Rolls back and clears what the borrower has left (COM_RESET_CONNECTION), sets the settings again, and runs the driver's `onConnect`
   * once more. Prepared statements are gone. A session that cannot be reset is destroyed.
   *
   * @throws ResetFailedError `SQL_RESET_FAILED`
   */
  async reset(): Promise<void> {
    const { target, onConnect } = this.#context;
    try {
      await this.#wire.reset();
      await backToDatabase(this.#wire, target.database);
      await this.#setUp();
      await onConnect?.(this);
    } catch (error) {
      this.destroy();
      throw new ResetFailedError(target.id, 'the server refused', { cause: error });
    }
    const { state } = this;
    if (state === 'idle') return;
    this.destroy();
    throw new ResetFailedError(target.id, `its transaction is '${state}' afterwards`);
  }

  close(): Promise<void> {
    return this.#wire.close(this.#context.closeTimeoutMs);
  }

  destroy(): void {
    this.#wire.destroy();
  }

  async #setUp(): Promise<void> {
    await this.#wire.query({ sql: this.#context.settings(this.#flavour) });
    if (this.#context.lane === 'read') await this.#wire.query({ sql: READ_ONLY_STATEMENT });
  }

  async #begin(statements: readonly string[]): Promise<RawResult> {
    let result: RawResult | undefined;
    for (const sql of statements) result = await this.#wire.query({ sql });
    return result!;
  }

  /** The server has no transaction any more: what it would take for a part of one is not sent. */
  async #afterRollback({ text }: Statement): Promise<RawResult> {
    const { target } = this.#context;
    const cause = this.#wire.rolledBackBy;
    const commits = COMMIT.test(text);
    if (!commits && !ROLLBACK.test(text)) throw new TransactionRolledBackError(target.id, cause);
    const result = await this.#wire.query({ sql: 'ROLLBACK' });
    this.#wire.rolledBackBy = undefined;
    if (commits) throw new CommitRolledBackError(target.id, cause);
    return result;
  }
}

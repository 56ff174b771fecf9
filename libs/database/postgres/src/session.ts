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
import type { Client } from 'pg';
import { CommitRolledBackError, ResetFailedError, RoleChangedError, StatementNameError } from './errors.js';
import { postgresFault } from './fault.js';
import { identityOf, readIdentity, roleOf } from './identity.js';
import { wireValues } from './parameters.js';
import type { SessionContext } from './session-context.js';
import { withBegin } from './session-settings.js';
import {
  POSITION_STATEMENT,
  probeStatement,
  REACHED_STATEMENT,
  READ_ONLY_STATEMENT,
  RESET_STATEMENT,
  type IdentityRow,
  type ProbeRow,
} from './statements.js';
import { checkText } from './statement-text.js';
import { streamPortal } from './stream.js';
import { Wire } from './wire.js';
import type { PgStatement } from './wire-query.js';

/** A probe runs four times a second on a session of its own: it is prepared once. */
const PROBE_NAME = 'nest_pooling_probe';

/**
 * One connection to a Postgres server: one `pg.Client`. Statements given to it without awaiting go out at once, one
 * behind the other, and fail or succeed each for itself (except behind a proxy, where pg sends them one by one).
 * Made by `PostgresDriver.connect`.
 */
export class PostgresSession implements SqlSession {
  onLost?: (fault: Fault) => void;
  readonly #context: SessionContext;
  /** What it sends by. @internal */
  readonly wire: Wire;
  #identity: ServerIdentity = { systemId: '', timeline: 0, role: 'unknown', version: '' };
  /** The functions of the server that tell its history may be called. */
  #full = false;
  #portals = 0;

  /** @internal */
  constructor(context: SessionContext, wire: Wire) {
    this.#context = context;
    this.wire = wire;
    wire.onIdleLoss = (error) => {
      const during = { lane: context.lane, role: this.#identity.role, sent: false, committing: false };
      this.onLost?.(postgresFault(error, during));
    };
  }

  /** The `pg.Client`, for what has no place in a session. */
  get client(): Client {
    return this.wire.client;
  }

  /** As read when the session was opened; a promotion since does not change it. */
  get identity(): ServerIdentity {
    return this.#identity;
  }

  /** The transaction's status at the server's last "ready"; `broken` as soon as the connection is gone or given up. */
  get state(): SqlSession['state'] {
    return this.wire.state;
  }

  /** Reads the identity, in the same round trip as a proxy's settings. @internal */
  async identify(): Promise<void> {
    const { proxy, settings } = this.#context;
    const ask = (text: string): Promise<IdentityRow> => this.#row(text);
    const read = readIdentity(ask, settings.connect, proxy === 'none', () => this.state === 'broken');
    ({ identity: this.#identity, full: this.#full } = await read);
  }

  /**
   * @throws pg's own error where the server refused; `SessionLostError` when the connection was lost; `ParametersError`
   */
  execute(statement: Statement): Promise<RawResult> {
    const { begin } = this.#context.settings;
    try {
      const prepared = this.#prepared(statement);
      return this.wire.send(begin === '' ? prepared : withBegin(prepared, begin));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** As {@link execute}, without a promise. */
  submit(statement: Statement, receiver: StatementReceiver): void {
    let prepared: PgStatement;
    try {
      prepared = this.#prepared(statement);
    } catch (error) {
      receiver.failed(error);
      return;
    }
    this.wire.submit(prepared, receiver);
  }

  /** Refuses writes until the next reset, and sends what comes in one turn of the event loop in one write. */
  async share(): Promise<void> {
    await this.wire.send({ text: READ_ONLY_STATEMENT });
    this.wire.flushPerTurn = true;
  }

  /**
   * Reads through a portal in pages of `batch` rows, within a transaction of its own unless one is open. The
   * statement timeout counts for each page, not for the whole. Where a session is shared, nobody else may use it
   * meanwhile.
   *
   * @throws SessionBusyError `SQL_SESSION_BUSY` when statements are in flight
   */
  stream(statement: Statement, batch: number): AsyncIterable<readonly unknown[]> {
    const problems = new Problems();
    problems.number('batch', batch, { min: 1, max: 2_147_483_647, integer: true });
    problems.throwIfAny('stream');
    return streamPortal({
      node: this.#context.target.id,
      session: this,
      wire: this.wire,
      statement: () => this.#prepared(statement),
      portal: `nest_pooling_${++this.#portals}`,
      rows: batch,
      pipelined: this.#context.pipelined,
      begin: this.#context.settings.begin,
    });
  }

  /** @throws CommitRolledBackError `SQL_COMMIT_ROLLED_BACK` when a statement of the transaction had failed */
  async commit(): Promise<void> {
    const { command } = await this.wire.send({ text: 'COMMIT' });
    // The server does not call it an error.
    if (command === 'ROLLBACK') throw new CommitRolledBackError(this.#context.target.id);
  }

  /** @throws RoleChangedError `SQL_ROLE_CHANGED` when the server was promoted since the session was opened */
  async position(): Promise<Position> {
    const row = await this.#row<{ replica: boolean; at: string | null }>(POSITION_STATEMENT);
    const { systemId, timeline, role } = this.#identity;
    if (roleOf(row) !== role) throw new RoleChangedError(this.#context.target.id, role, roleOf(row));
    return { systemId, timeline, at: row.at ?? '0/0' };
  }

  /** `false` as well when the position belongs to another history. */
  async reached(position: Position): Promise<boolean> {
    const { systemId, timeline } = this.#identity;
    if (systemId === '' || position.systemId !== systemId || position.timeline !== timeline) return false;
    const row = await this.#row<{ reached: boolean | null }>(REACHED_STATEMENT, [position.at]);
    return row.reached === true;
  }

  async probe(): Promise<ProbeResult> {
    const name = this.#context.lane === 'probe' && this.#context.proxy === 'none' ? PROBE_NAME : undefined;
    const row = await this.#row<ProbeRow>(probeStatement(this.#full), undefined, name);
    return { ...identityOf(row), at: row.at ?? '0/0', streaming: row.streaming, lagMs: row.lag_ms };
  }

  /** @throws CancelFailedError `SQL_CANCEL_FAILED` when the server could not be told within 2 s */
  cancel(): Promise<void> {
    return this.#context.cancel(this.wire.client);
  }

  /**
   * Settings that came with the connection stay, the driver's `onConnect` runs once more, prepared statements are
   * kept. A session that cannot be reset is destroyed.
   *
   * @throws ResetFailedError `SQL_RESET_FAILED`
   */
  async reset(): Promise<void> {
    this.wire.flushPerTurn = false;
    const { target, settings, onConnect } = this.#context;
    // What is still in flight may open a transaction; a superfluous ROLLBACK is only a notice.
    const rollback = this.state !== 'idle' || this.wire.running > 0 ? 'ROLLBACK; ' : '';
    const again = settings.reset === '' ? '' : `; ${settings.reset}`;
    try {
      await this.wire.send({ text: `${rollback}${RESET_STATEMENT}${again}` });
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
    return this.wire.close(this.#context.closeTimeoutMs);
  }

  destroy(): void {
    this.wire.destroy();
  }

  #prepared({ text, params, name, rowMode, maxRows }: Statement): PgStatement {
    const { target, prepareValue, proxy } = this.#context;
    checkText(target.id, text);
    const values = wireValues(target.id, params, prepareValue);
    // A proxy may serve the next statement by another server, which knows no such name.
    if (!name || proxy !== 'none') return { text, values, rowMode, maxRows };
    if (this.wire.prepared.find(name, text) === undefined) throw new StatementNameError(target.id, name);
    return { text, values, name, rowMode, maxRows };
  }

  async #row<Row>(text: string, params?: readonly unknown[], name?: string): Promise<Row> {
    const { rows } = await this.wire.send(this.#prepared({ text, params, name }));
    return rows[0] as Row;
  }
}

import { type ModelDatabase, ModelTransaction } from './model-database.js';
import { ModelError } from './model-error.js';
import type { Arrived, BackendContext, Outcome } from './model-messages.js';
import { runningOf, type Running } from './model-running.js';
import type { ModelReplication } from './model-replication.js';
import type { ModelServer } from './model-server.js';
import { lockOf, perform, usualMs, type ModelPlace } from './model-words.js';

/** The server's side of a session: what was sent to it runs one after the other. */
export class ModelBackend implements ModelPlace {
  readonly server: ModelServer;
  readonly database: ModelDatabase;
  readonly replication: ModelReplication | undefined;
  readonly settings = new Set<string>();
  readOnly = false;
  bornReadOnly = false;
  shared = false;
  transaction: ModelTransaction | undefined;
  failed = false;
  /** It does nothing, though its server may be well. */
  frozen = false;
  over = false;
  readonly #context: BackendContext;
  #inbox: Arrived[] = [];
  #running: Running | undefined;
  #hungUp = false;
  #hit = false;

  constructor(context: BackendContext) {
    this.#context = context;
    ({ server: this.server, database: this.database, replication: this.replication } = context);
  }

  get state(): 'idle' | 'in-transaction' | 'failed' {
    if (this.transaction === undefined) return 'idle';
    return this.failed ? 'failed' : 'in-transaction';
  }

  get current(): ModelTransaction {
    return this.transaction ?? this.#running!.own;
  }

  begin(): ModelTransaction {
    return (this.transaction ??= new ModelTransaction());
  }

  receive(arrived: Arrived): void {
    if (this.over) return;
    this.#inbox.push(arrived);
    this.#next();
  }

  /** The client has gone: what it has sent still runs. */
  hangUp(): void {
    this.#hungUp = true;
    this.#next();
  }

  /** A cancel hits whatever runs; what is frozen feels it later. */
  hit(): void {
    if (this.#rests) this.#hit = true;
    else this.#fail('cancelled', 'cancelled on request');
  }

  wake(): void {
    if (this.#rests) return;
    if (this.#hit) {
      this.#hit = false;
      this.hit();
    }
    const running = this.#running;
    if (running === undefined) this.#next();
    else if (running.timer === undefined && running.own.waitsFor === undefined && !running.unconfirmed)
      this.#work(running);
  }

  /** Ends it, and whatever it was doing. */
  end(why: string | undefined): void {
    if (this.over) return;
    this.over = true;
    this.#inbox = [];
    const running = this.#running;
    this.#running = undefined;
    running?.timer?.cancel();
    if (running !== undefined) this.database.rollback(running.own);
    this.#rollback();
    this.#context.ended(why);
  }

  get #rests(): boolean {
    return this.frozen || this.server.state !== 'up';
  }

  #next(): void {
    if (this.over || this.#running !== undefined || this.#rests) return;
    const arrived = this.#inbox.shift();
    if (arrived === undefined) {
      if (this.#hungUp) this.end(undefined);
      return;
    }
    const { options, began } = this.#context;
    const { statement } = arrived;
    const fate = options.fates?.execute?.(this.server, statement);
    if (fate?.loss === 'before') {
      this.end('the connection was reset');
      return;
    }
    const running = runningOf(arrived, fate);
    this.#running = running;
    began(statement);
    this.#begin(running);
  }

  #begin(running: Running): void {
    const key = lockOf(this, running.arrived.statement.text);
    if (key === undefined || running.fate?.error !== undefined) {
      this.#work(running);
      return;
    }
    try {
      const locked = this.database.lock(this.current, key, () => {
        running.timer?.cancel();
        this.#work(running);
      });
      if (locked) this.#work(running);
      else this.#waitForLock(running);
    } catch (error) {
      this.#answer({ error: error as ModelError });
    }
  }

  #waitForLock(running: Running): void {
    const { clock, options } = this.#context;
    const ms = Math.min(options.lockTimeoutMs ?? Infinity, options.statementTimeoutMs ?? Infinity);
    if (ms === Infinity) return;
    running.timer = clock.after(ms, () => {
      running.timer = undefined;
      if (this.#rests) this.#waitForLock(running);
      else this.#fail('timeout', 'waited for a lock');
    });
  }

  #work(running: Running): void {
    const { clock, options } = this.#context;
    const { fate, arrived } = running;
    running.timer = undefined;
    if (this.#rests) return;
    const ms = fate?.ms ?? usualMs(this.server, arrived.statement.text);
    const limitMs = options.statementTimeoutMs ?? Infinity;
    running.timer = clock.after(Math.min(ms, limitMs), () => {
      running.timer = undefined;
      // Frozen in the middle: the answer comes after the thaw, if at all.
      if (this.#rests) return;
      if (ms > limitMs) this.#fail('timeout', 'ran for too long');
      else this.#finish(running);
    });
  }

  #finish(running: Running): void {
    const { arrived, fate, own } = running;
    let outcome: Outcome;
    const before = this.database.log.entries.length;
    try {
      if (fate?.error !== undefined) throw new ModelError(fate.error, `failed by fate: ${fate.error}`);
      if (fate?.forgotten) throw new ModelError('forgotten', 'there is no prepared statement of that name');
      outcome = { result: perform(this, arrived.statement) };
      this.database.commit(own);
    } catch (error) {
      outcome = { error: error as ModelError };
    }
    if (fate?.loss === 'after') this.end('the connection was reset');
    // A replica may have got more meanwhile, which is not of its doing.
    else if (
      this.replication === undefined ||
      this.server.role === 'replica' ||
      this.database.log.entries.length === before
    )
      this.#answer(outcome);
    else this.#confirm(this.replication, running, outcome);
  }

  #confirm(replication: ModelReplication, running: Running, outcome: Outcome): void {
    running.unconfirmed = outcome;
    const over = (): boolean => this.#running !== running;
    replication.whenReceived(this.server, this.database.log.entries.length, over, () =>
      this.#answer(outcome),
    );
  }

  #fail(code: string, message: string): void {
    const running = this.#running;
    if (running === undefined) return;
    // What is committed cannot be undone: it is just not waited for any more.
    if (running.unconfirmed !== undefined) return this.#answer(running.unconfirmed);
    this.database.leave(this.current);
    this.#answer({ error: new ModelError(code, message) });
  }

  #answer(outcome: Outcome): void {
    const { arrived, own, timer } = this.#running!;
    timer?.cancel();
    if ('error' in outcome && this.transaction !== undefined) {
      // Where it cannot commit it rolls back.
      if (arrived.statement.text.toLowerCase() === 'commit') this.#rollback();
      else this.failed = true;
    }
    this.database.rollback(own);
    this.#running = undefined;
    arrived.answer(outcome);
    this.#next();
  }

  #rollback(): void {
    const { transaction } = this;
    this.transaction = undefined;
    this.failed = false;
    if (transaction !== undefined) this.database.rollback(transaction);
  }
}

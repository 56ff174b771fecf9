import type { SqlConnection } from '@nest-pooling/sql';
import { tagOf, type Call } from './call.js';
import { codeOf, judge, WorkError, type Effect } from './errors.js';
import type { Write } from './ledger.js';
import type { Plan, Step } from './plans.js';
import { read, rightAnswer } from './statements.js';
import { readRows } from './streams.js';
import type { SqlWorld } from './world.js';

/** Runs a transaction, or a `use`, as it was planned, and knows what it has done. */
export class Script {
  /** Writes that belong to the transaction that is open, or to those around it. */
  #writes: Write[] = [];
  #steps = 0;
  #attempts = 0;
  /** In a transaction: what it writes is seen when it is committed. */
  #inTransaction: boolean;
  #connection: SqlConnection | undefined;

  constructor(
    private readonly world: SqlWorld,
    private readonly plan: Plan,
    private readonly call: Call,
    /** How often it may be tried. */
    private readonly attempts = 1,
  ) {
    this.#inTransaction = call.kind === 'transaction';
  }

  /** The work that is given to the pool. */
  readonly work = async (connection: SqlConnection): Promise<Call> => {
    this.#connection = connection;
    if (++this.#attempts > this.attempts)
      this.world.fail(`${this.call.kind} ${this.call.seq} is run ${this.#attempts} times`);
    // Nothing of what was tried before has happened.
    for (const write of this.#writes.splice(0)) this.world.ledger.expect(write, 'never');
    for (const step of this.plan.steps) await this.#take(step, connection);
    if (this.plan.throws) throw new WorkError('as planned');
    return this.call;
  };

  /** It was committed. */
  committed(result: Call): void {
    const { world, call } = this;
    if (result !== call) world.fail(`${call.kind} ${call.seq} got the result of another`);
    if (this.plan.throws) world.fail(`${call.kind} ${call.seq} threw, and resolved`);
    for (const write of this.#writes) world.ledger.expect(write, 'once');
    this.#overstay();
  }

  /** It was not, or nobody knows. */
  failed(effect: Effect): void {
    const { ledger } = this.world;
    if (effect === 'unknown') ledger.expectTogether(this.#writes);
    else for (const write of this.#writes) ledger.expect(write, 'never');
    this.#overstay();
  }

  async #take(step: Step, connection: SqlConnection): Promise<void> {
    switch (step.does) {
      case 'read':
        return this.#read(step.viaPool ? this.world.pool : connection, step.key);
      case 'write':
        return this.#write(step.viaPool ? this.world.pool : connection, step.key);
      case 'both':
        await this.#all(step.keys.map((key) => this.#read(connection, key)));
        return;
      case 'unawaited':
        // Its transaction waits for it all the same.
        this.#write(connection, step.key).catch(() => {});
        return;
      case 'outside':
        return this.#outside(step.key);
      case 'nap':
        return this.world.nap(step.ms);
      case 'slow':
        await connection.query(`sleep ${step.ms} k0`, [this.#tag()]);
        return;
      case 'limited':
        return this.#limited(connection, step.ms, step.timeoutMs);
      case 'fail':
        return this.#fail(connection, step.code, step.caught);
      case 'set':
        await connection.query(`set x${this.call.seq}`, [this.#tag()]);
        return;
      case 'defer':
        this.call.injected.add('constraint');
        await connection.query('defer', [this.#tag()]);
        return;
      case 'begin':
        await connection.query('begin', [this.#tag()]);
        return;
      case 'stream':
        return readRows(this.world, this.call, this.#tag(), connection, step);
      default:
        return this.#nested(connection, step.steps, step.caught, step.throws);
    }
  }

  #tag(): number {
    return tagOf(this.call, ++this.#steps);
  }

  async #read(on: Pick<SqlConnection, 'query'>, key: string): Promise<void> {
    const { world, call } = this;
    const tag = this.#tag();
    const step = this.#steps;
    const own = this.#inTransaction ? this.#writes.findLast((write) => write.key === key) : undefined;
    const moment = world.ledger.moment(key);
    const result = await on.query<{ value: unknown; echo: unknown }>(`select ${key}`, [tag]);
    if (own === undefined) rightAnswer(world, call, result, key, moment, step);
    else if (result.rows[0]!.value !== own.value)
      world.fail(`call ${call.seq} does not read what it has written itself`);
  }

  async #write(on: Pick<SqlConnection, 'query'>, key: string): Promise<void> {
    const { world } = this;
    const write = world.ledger.newWrite(key);
    const text = `insert ${key} ${write.value}`;
    if (this.#inTransaction) {
      this.#writes.push(write);
      await on.query(text, [this.#tag()]);
      return;
    }
    try {
      await on.query(text, [this.#tag()]);
    } catch (error) {
      world.ledger.expect(write, judge(world, this.call, error) === 'none' ? 'never' : 'once or never');
      throw error;
    }
    world.ledger.expect(write, 'once');
  }

  /** A statement with a time of its own, which is not caught: what comes behind it would run in a transaction that may be cancelled. */
  async #limited(connection: SqlConnection, ms: number, timeoutMs: number): Promise<void> {
    const { world } = this;
    const due = world.now + timeoutMs;
    this.call.statementDeadline = due;
    try {
      await connection.query(`sleep ${ms} k0`, [this.#tag()], { timeoutMs });
    } catch (error) {
      if (codeOf(error) !== 'SQL_TIMEOUT' || world.now >= this.call.deadline) throw error;
      if (world.now < due) world.fail(`a statement of call ${this.call.seq} timed out too early`);
      throw new WorkError('it took too long', { cause: error });
    } finally {
      this.call.statementDeadline = Infinity;
    }
  }

  async #fail(connection: SqlConnection, code: string, caught: boolean): Promise<void> {
    this.call.injected.add(code);
    try {
      await connection.query(`fail ${code}`, [this.#tag()]);
    } catch (error) {
      if (!caught || codeOf(error) !== 'SQL_STATEMENT_FAILED') throw error;
      return;
    }
    this.world.fail(`a statement of call ${this.call.seq} did not fail`);
  }

  /** Beside the transaction. Not for long: what it waits for may be what its own transaction holds. */
  async #outside(key: string): Promise<void> {
    const { world } = this;
    await world.pool.outside(() => read(world, { timeoutMs: 60 }, key));
  }

  /** Inside a transaction a savepoint, else a transaction. */
  async #nested(
    connection: SqlConnection,
    steps: readonly Step[],
    caught: boolean,
    throws: boolean,
  ): Promise<void> {
    const { world } = this;
    const outer = this.#writes;
    const savepoint = this.#inTransaction;
    this.#writes = savepoint ? [...outer] : [];
    this.#inTransaction = true;
    const own = (): Write[] => this.#writes.slice(savepoint ? outer.length : 0);
    try {
      await connection.transaction(async (tx) => {
        for (const step of steps) await this.#take(step, tx);
        if (throws) throw new WorkError('nested, as planned');
      });
      if (savepoint) outer.push(...own());
      else for (const write of own()) world.ledger.expect(write, 'once');
    } catch (error) {
      const unknown = codeOf(error) === 'SQL_OUTCOME_UNKNOWN';
      if (unknown && !savepoint) world.ledger.expectTogether(own());
      else for (const write of own()) world.ledger.expect(write, 'never');
      if (!caught || !(error instanceof WorkError)) throw error;
    } finally {
      this.#writes = outer;
      this.#inTransaction = savepoint;
    }
  }

  /** Both end before anything is said about either. */
  async #all(reads: readonly Promise<void>[]): Promise<void> {
    for (const ended of await Promise.allSettled(reads)) if (ended.status === 'rejected') throw ended.reason;
  }

  /** Uses the connection after its end. */
  #overstay(): void {
    const { world, call } = this;
    if (!this.plan.overstays || this.#connection === undefined) return;
    this.#connection.query('select k0', [this.#tag()]).then(
      () => world.fail(`${call.kind} ${call.seq} was served after its end`),
      (error: unknown) => {
        if (codeOf(error) !== 'SQL_TRANSACTION_ENDED')
          world.fail(`${call.kind} ${call.seq} got ${String(error)} after its end`);
      },
    );
  }
}

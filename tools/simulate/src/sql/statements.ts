import type { Dice } from '../seeds/dice.js';
import type { SqlResult } from '@nest-pooling/sql';
import { tagOf, type Call } from './call.js';
import type { Asking } from './calls.js';
import type { SqlWorld } from './world.js';

const KEYS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
const TIMEOUTS = [1, 5, 20, 20, 80, 400, 2_000];
const WORN_NAME = 'worn';

interface Row {
  readonly value: unknown;
  readonly echo: unknown;
}

/** One of the rows that everybody reads and writes. */
export function drawKey(dice: Dice): string {
  return dice.pick(KEYS);
}

/** How a single statement is asked for. */
export function drawAsking(dice: Dice, limited = 0.35): Asking {
  return {
    ...(dice.chance(limited) && { timeoutMs: dice.pick(TIMEOUTS) }),
    ...(dice.chance(0.12) && { abortable: true }),
    ...(dice.chance(0.06) && { scopeMs: dice.below(300) - 3 }),
  };
}

/** What else a read may want. */
interface Wish {
  readonly name?: string;
  readonly multiplex?: boolean;
}

/** Reads: `select <key>`, or `sleep <ms> <key>`. */
export function read(
  world: SqlWorld,
  asking: Asking,
  key: string,
  ms?: number,
  wish: Wish = {},
): Promise<void> {
  const text = ms === undefined ? `select ${key}` : `sleep ${ms} ${key}`;
  const call = world.calls.begin('read', asking);
  const moment = world.ledger.moment(key);
  const answer = world.calls.ask(call, asking, (options) =>
    world.pool.query<Row>(text, [tagOf(call)], { ...options, ...wish }),
  );
  return world.calls.settle(call, answer, (result) => rightAnswer(world, call, result, key, moment), nothing);
}

/** Reads without any option: the shortest way. */
export function plainRead(world: SqlWorld, key: string): Promise<void> {
  const call = world.calls.begin('read', {});
  const moment = world.ledger.moment(key);
  const answer = world.pool.query<Row>(`select ${key}`, [tagOf(call)]);
  return world.calls.settle(call, answer, (result) => rightAnswer(world, call, result, key, moment), nothing);
}

/** A read that the server refuses. */
export function failingRead(world: SqlWorld, asking: Asking, code: string): void {
  const call = world.calls.begin('read', asking);
  call.injected.add(code);
  const answer = world.calls.ask(call, asking, (options) =>
    world.pool.query(`fail ${code}`, [tagOf(call)], options),
  );
  void world.calls.settle(call, answer, () => world.fail(`read ${call.seq} did not fail`), nothing);
}

/** A read whose name stands for another text already: it cannot be sent. */
export function misnamedRead(world: SqlWorld, asking: Asking, key: string): void {
  const call = world.calls.begin('read', asking);
  call.injected.add('invalid');
  const moment = world.ledger.moment(key);
  const answer = world.calls.ask(call, asking, (options) =>
    world.pool.query<Row>(`select ${key}`, [tagOf(call)], { ...options, name: WORN_NAME }),
  );
  // The first one of a session may have the name.
  void world.calls.settle(call, answer, (result) => rightAnswer(world, call, result, key, moment), nothing);
}

/** Looks like a read, and opens a transaction. */
export function trap(world: SqlWorld, asking: Asking): void {
  const call = world.calls.begin('read', asking);
  const over = (): void => void world.spoilt++;
  const answer = world.calls.ask(call, asking, (options) =>
    world.pool.query('trap', [tagOf(call)], options).finally(over),
  );
  void world.calls.settle(call, answer, nothing, nothing);
}

/** Writes; `hidden` looks like a read. */
export function write(world: SqlWorld, asking: Asking, key: string, hidden = false): Promise<void> {
  const call = world.calls.begin(hidden ? 'read' : 'write', asking);
  const one = world.ledger.newWrite(key);
  const text = `${hidden ? 'sneaky' : world.dice.pick(['insert', 'update'])} ${key} ${one.value}`;
  const answer = world.calls.ask(call, asking, (options) =>
    Object.keys(options).length === 0
      ? world.pool.query(text, [tagOf(call)])
      : world.pool.query(text, [tagOf(call)], options),
  );
  return world.calls.settle(
    call,
    answer,
    () => world.ledger.expect(one, 'once'),
    (effect) => world.ledger.expect(one, effect === 'none' ? 'never' : 'once or never'),
  );
}

/** Leaves something behind in its session. */
export function setSomething(world: SqlWorld, asking: Asking): void {
  const call = world.calls.begin('write', asking);
  const answer = world.calls.ask(call, asking, (options) =>
    world.pool.query(`set x${call.seq}`, [tagOf(call)], options),
  );
  void world.calls.settle(call, answer, nothing, nothing);
}

/** It must be the answer to this very statement. */
export function rightAnswer(
  world: SqlWorld,
  call: Call,
  { rows }: SqlResult<Row>,
  key: string,
  moment: number,
  step = 0,
): void {
  const [row] = rows;
  if (rows.length !== 1 || row === undefined) return world.fail(`call ${call.seq} got ${rows.length} rows`);
  if (row.echo !== tagOf(call, step)) world.fail(`call ${call.seq} got the answer to ${String(row.echo)}`);
  const complaint = world.ledger.complaint(key, row.value, moment);
  if (complaint !== undefined) world.fail(`call ${call.seq} read ${complaint}`);
}

function nothing(): void {}

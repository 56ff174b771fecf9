import type { ReadOptions } from '@nest-pooling/routing';
import type { SqlResult } from '@nest-pooling/sql';
import type { Dice } from '../seeds/dice.js';
import type { Acknowledged } from './acknowledged.js';
import type { App } from './app.js';
import type { Call } from './call.js';
import type { Asking } from './calls.js';
import type { Write } from './ledger.js';
import type { RouterWorld } from './world.js';

const KEYS = ['k0', 'k1', 'k2', 'k3'];
const TIMEOUTS = [5, 25, 80, 400, 1_000, 2_000, 2_000, 4_000];
const BOUNDS = [20, 100, 400, 2_000];

interface Row {
  readonly value: unknown;
  readonly echo: unknown;
}

/** What a read must see, as it says it. */
export type Level = Pick<ReadOptions, 'consistency' | 'maxLagMs'>;

export function drawKey(dice: Dice): string {
  return dice.pick(KEYS);
}

/** How something is asked for. */
export function drawAsking(dice: Dice): Asking {
  return {
    ...(dice.chance(0.7) && { timeoutMs: dice.pick(TIMEOUTS) }),
    ...(dice.chance(0.12) && { abortable: true }),
    ...(dice.chance(0.1) && { scopeMs: dice.below(1_500) - 3 }),
  };
}

export function drawLevel(dice: Dice): Level {
  const at = dice.next();
  if (at < 0.3) return {};
  if (at < 0.5) return { consistency: 'eventual' };
  if (at < 0.75) return { consistency: 'read-your-writes' };
  if (at < 0.9) return { consistency: 'bounded', maxLagMs: dice.pick(BOUNDS) };
  return { consistency: 'strong' };
}

/** What a read of an app in that way must not be older than. `own` is what its caller was told to have happened, or the whole process. */
export function floorOf(world: RouterWorld, app: App, level: Level, key: string, own: Acknowledged): Floor {
  const { routing } = app.setup;
  const consistency = level.consistency ?? routing.consistency ?? 'eventual';
  const { now } = world;
  const { seen, heard } = app;
  if (consistency === 'strong') {
    const foreign = (one: Write): boolean => one.at < now && (one.app === app || one.timeline <= seen);
    return () => lastOf(world, key, foreign);
  }
  const usual = level.consistency === 'eventual' ? undefined : routing.maxLagMs;
  const lagMs = level.maxLagMs ?? usual;
  const serves = level.maxLagMs === undefined && level.consistency !== 'bounded' && routing.minServing !== 0;
  const { told } = world.ledger;
  return (heardThroughout) => {
    const caused = consistency === 'read-your-writes' ? own.last(key, (one) => one.told <= told) : undefined;
    if (lagMs === undefined || serves) return caused;
    const before = now - lagMs;
    // Of others, while the primary is silent, what it acknowledged up to its last answer; and nothing of a history not seen yet.
    const foreignBefore = heardThroughout ? before : Math.min(before, heard);
    const old = lastOf(world, key, ({ app: by, at, timeline }) =>
      by === app ? at < before : at < foreignBefore && timeline <= seen,
    );
    return (caused?.order ?? -1) > (old?.order ?? -1) ? caused : old;
  };
}

/** What a read must not be older than, once it has its answer. */
export type Floor = (heardThroughout: boolean) => Write | undefined;

function lastOf(world: RouterWorld, key: string, counts: (write: Write) => boolean): Write | undefined {
  let last: Write | undefined;
  for (const { acknowledged } of world.apps) {
    const one = acknowledged.last(key, counts);
    if (one !== undefined && one.order > (last?.order ?? -1)) last = one;
  }
  return last;
}

/** Reads a key. */
export function read(
  world: RouterWorld,
  app: App,
  asking: Asking,
  level: Level,
  own: Acknowledged = app.acknowledged,
  key = drawKey(world.dice),
  strategy?: ReadOptions['strategy'],
): Promise<void> {
  const strong = level.consistency === 'strong';
  const eventual = level.consistency === 'eventual' || isPlain(app, level);
  const call = world.calls.begin(app, strong ? 'strong read' : 'read', asking, !eventual);
  const floor = floorOf(world, app, level, key, own);
  const answer = world.calls.ask(call, asking, (options) =>
    app.router.read<Row>(`select ${key}`, [call.seq], {
      ...options,
      ...level,
      ...(strategy !== undefined && { strategy }),
    }),
  );
  return world.calls.settle(call, answer, (result) => rightAnswer(world, call, key, result, floor));
}

function isPlain({ setup: { routing } }: App, { consistency, maxLagMs }: Level): boolean {
  if (consistency !== undefined || maxLagMs !== undefined) return false;
  return routing.consistency === 'eventual' && routing.maxLagMs === undefined;
}

/** It must be the answer to this very statement, and no older than it may be. */
export function rightAnswer(
  world: RouterWorld,
  call: Call,
  key: string,
  { rows, node }: SqlResult<Row>,
  floor: Floor,
): void {
  const [row] = rows;
  const { seq, app, kind } = call;
  if (row === undefined) return world.fail(`${kind} ${seq} got no row`);
  if (row.echo !== seq) world.fail(`${kind} ${seq} got the answer to ${String(row.echo)}`);
  world.count(node === world.operator.primary ? 'served by the primary' : 'served by a replica');
  const heard = call.heardPrimary && app.primary === world.operator.primary && world.now - call.since < 150;
  const complaint = world.ledger.complaint(key, row.value, node, floor(heard));
  if (complaint !== undefined) world.fail(`${kind} ${seq} of ${app.name} read ${complaint}`);
}

/** Writes a key; `hidden` looks like a read. */
export function write(
  world: RouterWorld,
  app: App,
  asking: Asking,
  key: string,
  told: readonly Acknowledged[] = [],
  hidden = false,
): Promise<void> {
  const call = world.calls.begin(app, hidden ? 'hidden write' : 'write', asking);
  const one = world.ledger.newWrite(key);
  const text = `${hidden ? 'sneaky' : 'insert'} ${key} ${one.value}`;
  const answer = world.calls.ask(call, asking, (options) => app.router.query(text, [call.seq], options));
  return world.calls.settle(
    call,
    answer,
    () => {
      world.ledger.expect(one, 'once', app);
      for (const acknowledged of [app.acknowledged, ...told]) acknowledged.add(one);
    },
    (effect) => world.ledger.expect(one, effect === 'none' ? 'never' : 'once or never', app),
  );
}

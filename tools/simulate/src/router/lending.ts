import type { App } from './app.js';
import type { Asking } from './calls.js';
import { drawKey, floorOf, rightAnswer, type Level } from './requests.js';
import type { RouterWorld } from './world.js';

/** A transaction, or a session lent, that writes some keys on the primary. */
export function lendPrimary(world: RouterWorld, app: App, asking: Asking, kind: 'transaction' | 'use'): void {
  const { dice, ledger, calls } = world;
  const call = calls.begin(app, kind, asking);
  const writes = Array.from({ length: 1 + dice.below(2) }, () => ledger.newWrite(drawKey(dice)));
  const napMs = dice.pick([0, 0, 5, 40]);
  /** Which of them were answered, outside of a transaction. */
  let done = 0;
  const answer = calls.ask(call, asking, (options) =>
    app.router[kind](async (connection) => {
      if (napMs > 0) await world.nap(napMs);
      for (const { key, value } of writes) {
        await connection.query(`insert ${key} ${value}`, [call.seq]);
        if (kind === 'use') done++;
      }
    }, options),
  );
  void calls.settle(
    call,
    answer,
    () => {
      for (const write of writes) {
        ledger.expect(write, 'once', app);
        app.acknowledged.add(write);
      }
    },
    (effect) => {
      for (const [at, write] of writes.entries()) {
        // One after the other: those behind the one that failed were not sent.
        const expected = at < done ? 'once' : effect === 'none' || at > done ? 'never' : 'once or never';
        ledger.expect(write, kind === 'use' ? expected : effect === 'none' ? 'never' : 'once or never', app);
      }
    },
  );
}

/** A session of some node, lent for a read. */
export function lendReplica(world: RouterWorld, app: App, asking: Asking, level: Level): void {
  const { dice, calls } = world;
  const call = calls.begin(app, 'lent read', asking);
  const key = drawKey(dice);
  const floor = floorOf(world, app, level, key, app.acknowledged);
  const kind = dice.pick(['use', 'transaction'] as const);
  const answer = calls.ask(call, asking, (options) =>
    app.router[kind](
      async (connection) => connection.query<{ value: unknown; echo: unknown }>(`select ${key}`, [call.seq]),
      {
        ...options,
        ...level,
        access: 'read',
      },
    ),
  );
  void calls.settle(call, answer, (result) => rightAnswer(world, call, key, result, floor));
}

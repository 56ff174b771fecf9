import { Acknowledged } from './acknowledged.js';
import type { App } from './app.js';
import { drawAsking, drawKey, read, write } from './requests.js';
import type { User } from './user.js';
import type { RouterWorld } from './world.js';

const OWN = { consistency: 'read-your-writes' } as const;

/** A request of a user: it comes with the token of the one before, writes and reads, and gives a new one. */
export function visit(world: RouterWorld, app: App, user: User): Promise<void> {
  const { dice } = world;
  const plan = Array.from({ length: 1 + dice.below(4) }, () => ({
    writes: dice.chance(0.4),
    key: drawKey(dice),
    asking: drawAsking(dice),
  }));
  const known = new Acknowledged();
  known.addAll(user.acknowledged);
  return app.router.runWithToken(user.token, async () => {
    for (const { writes, key, asking } of plan) {
      if (writes) await write(world, app, asking, key, [known]);
      else await read(world, app, asking, OWN, known, key);
    }
    const call = world.calls.begin(app, 'token', {});
    await world.calls.settle(call, app.router.token(), (token) => {
      // What he gets last counts, as a cookie does.
      user.token = token;
      user.acknowledged = known;
    });
  });
}

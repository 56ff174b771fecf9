import type { Dice } from '../seeds/dice.js';
import type { RouterWorld } from './world.js';

/** How often an operator looks whether a replica can take over. */
const LOOK_MS = 50;
const LOOKS = 20;

/**
 * The primary dies, freezes, or is parted from everybody or from some; a replica takes over; the others follow that one; the old
 * primary returns as it was, for a while, or as a replica.
 */
export function failover(world: RouterWorld, dice: Dice): void {
  const { operator } = world;
  if (operator.busy) return;
  operator.busy = true;
  void run(world, dice).finally(() => {
    operator.busy = false;
  });
}

async function run(world: RouterWorld, dice: Dice): Promise<void> {
  const { operator, servers, apps } = world;
  const old = operator.primary;
  const how = dice.pick(['down', 'down', 'frozen', 'parted', 'parted', 'switched'] as const);
  world.faults++;
  world.count(`failover: ${how}`);
  world.trace.note(`failover: ${old} is ${how}`);
  const ends: (() => void)[] = [];
  const parted = operator.replicas;
  // The old one hears no replica any more: in the next history it has no say.
  const joins = parted.map((id) => world.links.part(id));
  if (how === 'parted') {
    for (const app of apps) if (dice.chance(0.6)) ends.push(servers.cut(app, old, true, true));
    // Sometimes an app sees the old one alone.
    const lonely = dice.chance(0.2) ? dice.pick(apps) : undefined;
    if (lonely !== undefined) for (const id of parted) ends.push(servers.cut(lonely, id, true, true));
  } else if (how !== 'switched') ends.push(servers.begin(old, how));
  await world.lasting.during(dice.pick([10, 100, 600, 1_500]));
  let promoted = operator.promote();
  for (let n = 0; !promoted && n < LOOKS; n++) {
    await world.lasting.during(LOOK_MS);
    promoted = operator.promote();
  }
  if (promoted) {
    for (const id of operator.replicas) {
      if (id === old) continue;
      await world.lasting.during(dice.pick([0, 20, 300]));
      operator.follow(id);
    }
  }
  for (const join of joins) join();
  await world.lasting.during(dice.pick([0, 200, 1_500]));
  const returns = dice.chance(0.6);
  if (promoted && !returns) operator.follow(old);
  for (const end of ends) end();
  if (!promoted || !returns) return;
  world.count('old primary returns');
  await world.lasting.during(dice.pick([300, 1_500]));
  operator.follow(old);
}

import type { Operation } from './operations.js';
import { failover } from './failovers.js';

/** What the servers, the network and the machine do. Everything ends by itself. */
export const faults: readonly Operation[] = [
  {
    name: 'a node crashes',
    weight: 0.8,
    run: (world, dice) => {
      const end = world.servers.begin(dice.pick(world.servers.ids), 'down');
      void world.lasting.during(dice.pick([20, 200, 1_000, 3_000])).then(end);
    },
  },
  {
    name: 'a node freezes',
    weight: 0.8,
    run: (world, dice) => {
      const end = world.servers.begin(dice.pick(world.servers.ids), 'frozen');
      void world.lasting.during(dice.pick([30, 300, 1_000, 3_000])).then(end);
    },
  },
  {
    name: 'a node is slow',
    weight: 0.4,
    run: (world, dice) => {
      const end = world.servers.begin(dice.pick(world.servers.ids), 'slow');
      void world.lasting.during(dice.pick([100, 1_000])).then(end);
    },
  },
  {
    name: 'ways are cut',
    weight: 0.8,
    run: (world, dice) => {
      const there = dice.chance(0.6);
      const back = !there || dice.chance(0.6);
      const end = world.servers.cut(dice.pick(world.apps), dice.pick(world.servers.ids), there, back);
      void world.lasting.during(dice.pick([50, 500, 2_000])).then(end);
    },
  },
  {
    name: 'a replica lags',
    weight: 0.6,
    run: (world, dice) => {
      const id = dice.pick(world.operator.replicas);
      world.faults++;
      world.count('fault: lag');
      world.cluster.lag(id, dice.pick([0, 30, 200, 2_000]));
    },
  },
  {
    name: 'a replica replays nothing',
    weight: 0.6,
    run: (world, dice) => {
      const id = dice.pick(world.operator.replicas);
      world.faults++;
      world.count('fault: pause');
      world.cluster.pauseReplay(id);
      void world.lasting.during(dice.pick([50, 500, 3_000])).then(() => world.cluster.resumeReplay(id));
    },
  },
  {
    name: 'a replica is parted from its primary',
    weight: 0.5,
    run: (world, dice) => {
      const id = dice.pick(world.operator.replicas);
      world.faults++;
      world.count('fault: parted');
      void world.lasting.during(dice.pick([50, 500, 3_000])).then(world.links.part(id));
    },
  },
  {
    name: 'rolling restart',
    weight: 0.15,
    run: (world, dice) => {
      world.count('fault: rolling restart');
      const gapMs = dice.pick([50, 600]);
      world.servers.open++;
      void (async () => {
        for (const id of world.operator.replicas) {
          const end = world.servers.begin(id, 'down');
          await world.lasting.during(dice.pick([30, 300]));
          end();
          await world.lasting.during(gapMs);
        }
        world.servers.open--;
      })();
    },
  },
  { name: 'failover', weight: 0.7, run: (world, dice) => failover(world, dice) },
  { name: 'stall', weight: 0.4, run: (world, dice) => world.stall(dice.pick([15, 120, 700, 2_000])) },
  {
    name: 'the weather changes',
    weight: 0.8,
    run: (world, dice) => {
      world.weather.faultiness = dice.pick([0, 0, 0, 0.002, 0.02, 0.15]);
    },
  },
];

import type { Operation } from './operations.js';
import { drawAsking, drawKey, plainRead, read, write } from './statements.js';
import type { SqlWorld } from './world.js';

/** What the server, the network and the machine do. */
export const faults: readonly Operation[] = [
  {
    name: 'a session is lost',
    weight: 0.8,
    run: (world, dice) => {
      const { sessions } = world;
      if (sessions.length === 0) return;
      world.faults++;
      dice.pick(sessions).lose('the session was ended');
    },
  },
  {
    name: 'a session freezes',
    weight: 0.5,
    run: (world, dice) => {
      const { sessions } = world;
      if (sessions.length === 0) return;
      world.faults++;
      const session = dice.pick(sessions);
      session.freeze();
      const ms = dice.pick([20, 300, 5_000]);
      world.losses.hangs(world.now + ms + world.statementMs);
      later(world, ms, () => session.wake());
    },
  },
  {
    name: 'the server restarts',
    weight: 0.3,
    run: (world, dice) => {
      if (world.server.state !== 'up') return;
      world.faults++;
      world.cluster.kill(world.server.id);
      restoreAfter(world, dice.pick([0, 30, 300]));
    },
  },
  {
    name: 'the server freezes',
    weight: 0.4,
    run: (world, dice) => {
      if (world.server.state !== 'up') return;
      world.faults++;
      const ms = dice.pick([10, 100, 1_500, 4_000]);
      world.losses.hangs(world.now + ms + world.statementMs);
      world.cluster.freeze(world.server.id);
      restoreAfter(world, ms);
    },
  },
  {
    name: 'the server is a replica',
    weight: 0.15,
    run: (world, dice) => {
      const { server } = world;
      world.faults++;
      server.role = 'replica';
      later(world, dice.pick([5, 60, 400]), () => {
        server.role = 'primary';
        world.roleChangedAt = world.now;
      });
    },
  },
  {
    name: 'the server is slow',
    weight: 0.4,
    run: (world, dice) => {
      const { server, setup } = world;
      server.latencyMs = setup.latencyMs + dice.pick([2, 6, 15]);
      later(world, dice.pick([50, 400]), () => {
        server.latencyMs = setup.latencyMs;
      });
    },
  },
  {
    name: 'the way is long',
    weight: 0.3,
    run: (world, dice) => {
      const { server, setup } = world;
      server.wayMs = dice.pick([0, 1, 8]);
      later(world, dice.pick([50, 400]), () => {
        server.wayMs = setup.wayMs;
      });
    },
  },
  { name: 'stall', weight: 0.5, run: (world, dice) => world.stall(dice.pick([15, 120, 1_500])) },
  {
    name: 'a long turn',
    weight: 0.4,
    run: (world, dice) => {
      void plainRead(world, drawKey(dice));
      return world.busy(dice.pick([15, 120, 1_500]), () => {
        for (let n = 1 + dice.below(4); n > 0; n--) void read(world, drawAsking(dice, 1), drawKey(dice));
        void write(world, drawAsking(dice, 1), drawKey(dice));
      });
    },
  },
  {
    name: 'the weather changes',
    weight: 1.5,
    run: (world, dice) => {
      world.weather.faultiness = dice.pick([0, 0.02, 0.1, 0.3, 0.8]);
    },
  },
];

function later(world: SqlWorld, ms: number, fn: () => void): void {
  void world.nap(ms).then(fn);
}

function restoreAfter(world: SqlWorld, ms: number): void {
  later(world, ms, () => world.cluster.restore(world.server.id));
}

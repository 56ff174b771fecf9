import type { Contender } from './contender.js';
import { Order } from './order.js';

const CALLERS = 200;
const SEED = 20_261_120;

/**
 * How many of `n` contended acquires were overtaken by a later one. Callers hold for no, one or a few turns,
 * some of the microtask queue and some of the event loop, and most ask again in the very turn in which they
 * give back: the moment at which a queue that is not strict lends to whoever asks first.
 */
export async function displaced(pool: Contender, n: number): Promise<Order> {
  const order = new Order();
  const random = mulberry32(SEED);
  let left = n;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const number = order.ask();
      await pool.hold(() => {
        order.serve(number);
        return hold(random());
      });
      if (random() < 0.2) await loopTurn();
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return order;
}

async function hold(chance: number): Promise<void> {
  if (chance < 0.3) return;
  if (chance < 0.6) await Promise.resolve();
  else await loopTurn();
}

function loopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A small generator of its own, so that all contenders see the same holds in every run. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

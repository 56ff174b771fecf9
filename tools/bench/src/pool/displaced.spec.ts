import { describe, expect, it } from '@jest/globals';
import type { Contender } from './contender.js';
import { displaced } from './displaced.js';
import { BareRing } from './limits.js';
import { Order } from './order.js';

/** Serves whoever asked last. */
function lastInFirstOut(): Contender {
  const waiting: (() => void)[] = [];
  let free = 3;
  const none = async (): Promise<void> => {};
  return {
    name: 'stack',
    options: '',
    open: none,
    alone: none,
    work: none,
    close: none,
    hold: async (body) => {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => void waiting.push(resolve));
      await body();
      const next = waiting.pop();
      if (next === undefined) free++;
      else next();
    },
  };
}

describe('displaced', () => {
  it('finds none in a queue', async () => {
    const order = await displaced(new BareRing(), 3_000);
    expect(order).toMatchObject({ served: 3_000, overtaken: 0 });
  });

  it('finds those that a stack lets wait', async () => {
    const { overtaken, served } = await displaced(lastInFirstOut(), 3_000);
    expect(served).toBe(3_000);
    expect(overtaken).toBeGreaterThan(100);
  });

  it('counts the overtaken, not the one that overtakes', () => {
    const order = new Order();
    const [a, b, c] = [order.ask(), order.ask(), order.ask()];
    order.serve(c);
    order.serve(a);
    order.serve(b);
    expect(order.overtaken).toBe(2);
  });
});

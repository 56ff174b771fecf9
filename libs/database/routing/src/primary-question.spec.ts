import { describe, expect, it } from '@jest/globals';
import type { PositionBook } from './position-book.js';
import type { Moment } from './position-samples.js';
import { PrimaryQuestion } from './primary-question.js';
import type { RouterNode } from './router-node.js';

describe('the question to the primary', () => {
  it('is shared by all who come before it is sent; who comes later gets the next one', async () => {
    const open: (() => void)[] = [];
    const told: number[] = [];
    let writes = 0;
    const position = (): Promise<object> =>
      new Promise((resolve) => open.push(() => resolve({ position: {}, role: 'primary' })));
    const node = { health: { admits: true }, sql: { prober: { position } } } as unknown as RouterNode;
    const book = {
      moment: () => ({ ms: 0, writes }),
      sampled: (_node: RouterNode, _position: object, moment: Moment) => told.push(moment.writes),
    } as unknown as PositionBook;
    const question = new PrimaryQuestion(() => node, book, 500);
    writes = 1;
    const first = question.ask();
    writes = 2;
    const later = Promise.all([question.ask(), question.ask()]);
    expect(open).toHaveLength(1);
    open[0]!();
    await first;
    expect(told).toEqual([1]);
    expect(open).toHaveLength(2);
    open[1]!();
    await later;
    expect(told).toEqual([1, 2]);
    writes = 3;
    const again = question.ask();
    open[2]!();
    await again;
    expect(told).toEqual([1, 2, 3]);
  });
});

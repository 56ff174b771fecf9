import { describe, expect, it } from '@jest/globals';
import { ResolverRing } from './resolver-ring.js';

describe('ResolverRing', () => {
  it('lends what is idle, then serves those who wait in their order, past its own end too', async () => {
    const ring = new ResolverRing<string>(2, ['a']);
    const served: number[] = [];
    const take = (n: number): Promise<number> => ring.take().then(() => served.push(n));
    for (let n = 0; n < 6; n += 3) {
      const all = [take(n), take(n + 1), take(n + 2)];
      for (let i = 0; i < 3; i++) ring.give('a');
      await Promise.all(all);
    }
    expect(served).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('refuses more callers than it has room for, and a size that it cannot wrap', async () => {
    const ring = new ResolverRing<string>(2, []);
    void ring.take();
    void ring.take();
    await expect(ring.take()).rejects.toThrow('full');
    expect(() => new ResolverRing(3, [])).toThrow('got 3');
  });
});

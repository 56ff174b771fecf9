import { describe, expect, it } from '@jest/globals';
import { assert, bigInt, property } from 'fast-check';
import { compareLsn, comparePositions } from './lsn.js';

const lsn = (at: bigint): string =>
  `${(at >> 32n).toString(16).toUpperCase()}/${(at & 0xffffffffn).toString(16)}`;

describe('compareLsn', () => {
  it('orders as the 64-bit numbers do', () => {
    const any = bigInt({ min: 0n, max: (1n << 64n) - 1n });
    assert(
      property(any, any, (a, b) => {
        const order = compareLsn(lsn(a), lsn(b))!;
        expect(Math.sign(order)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it.each(['', '1', '1/', '/1', 'x/1', '1/123456789', '1/2/3', ' 1/2'])('does not know %j', (text) => {
    expect(compareLsn(text, '0/1')).toBeUndefined();
    expect(compareLsn('0/1', text)).toBeUndefined();
  });
});

describe('comparePositions', () => {
  const at = { systemId: '7', timeline: 2, at: '1/FF' };

  it('compares within one history', () => {
    expect(comparePositions(at, at)).toBe('reached');
    expect(comparePositions({ ...at, at: '2/0' }, at)).toBe('reached');
    expect(comparePositions({ ...at, at: '1/FE' }, at)).toBe('behind');
  });

  it.each([
    [{ systemId: '8' }],
    [{ timeline: 1 }],
    [{ timeline: 3 }],
    [{ at: 'nowhere' }],
    [{ systemId: '' }],
    [{ timeline: 0 }],
  ])('does not compare with %j', (other) => {
    expect(comparePositions({ ...at, ...other }, at)).toBe('incomparable');
    expect(comparePositions({ ...at, ...other }, { ...at, ...other, at: 'nowhere' })).toBe('incomparable');
  });

  it('takes an unknown history for no history', () => {
    const unknown = { systemId: '', timeline: 0, at: '0/1' };
    expect(comparePositions(unknown, unknown)).toBe('incomparable');
  });
});

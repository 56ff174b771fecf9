import { describe, expect, test } from '@jest/globals';
import { audit } from './ledger.js';
import { codes, failed, felt, p99, recovered, within, type Sample } from './recording.js';

const ok = (at: number, ms = 1): Sample => ({ at, ms, id: at, code: '' });
const bad = (at: number, code = 'LOST', told: Sample['told'] = 'nothing'): Sample => ({
  at,
  ms: 1,
  id: at,
  code,
  told,
});

describe('what a recording says', () => {
  test('a fault is felt until the last call began that failed or was slow, and no longer than until it was healed', () => {
    const samples = [bad(50), ok(100), bad(120), ok(180, 251), ok(190, 250), bad(300)];
    expect(felt(samples, 100, 200)).toBe(80);
    expect(felt([ok(150)], 100, 200)).toBe(0);
  });

  test('it is recovered when the last call ended that failed or was slow', () => {
    expect(recovered([ok(150, 300), ok(300)], 200)).toBe(250);
    expect(recovered([ok(300)], 200)).toBe(0);
    expect(recovered([bad(150)], 200)).toBe(0);
  });

  test('counts failures, their codes, and the slowest hundredth', () => {
    const samples = [...Array.from({ length: 99 }, (_, n) => ok(n, n)), bad(99), bad(100)];
    expect(failed(samples)).toBe(2);
    expect(codes(samples)).toEqual([['LOST', 2]]);
    expect(p99(samples)).toBe(97);
    expect(within(samples, 10, 20)).toHaveLength(10);
  });

  test('an audit finds what was lost, what is there though it was denied, and what nobody was told of', () => {
    const writes = [ok(1), ok(2), bad(3, 'GONE', 'not done'), bad(4, 'GONE', 'unknown'), bad(5)];
    expect(audit({ reads: [], writes }, new Set([1, 3, 4]))).toEqual({
      acknowledged: 2,
      lost: 1,
      phantom: 1,
      unknown: 1,
      untold: 1,
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { comparePositions } from './gtid.js';

const UUID = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const compare = (have: string, want: string): string =>
  comparePositions({ systemId: 's', timeline: 0, at: have }, { systemId: 's', timeline: 0, at: want });

describe('comparing positions', () => {
  it.each([
    ['0-1-100', '0-1-100', 'reached'],
    ['0-2-101', '0-1-100', 'reached'],
    ['0-1-99', '0-1-100', 'behind'],
    ['0-1-100', '0-1-100,1-5-2', 'behind'],
    ['0-1-100,1-5-2', '1-5-1', 'reached'],
    ['', '0-1-1', 'behind'],
    ['0-1-1', '', 'reached'],
    ['nonsense', '0-1-1', 'incomparable'],
  ])('MariaDB: %s has come to %s: %s', (have, want, answer) => expect(compare(have, want)).toBe(answer));

  it.each([
    [`${UUID}:1-100`, `${UUID}:1-100`, 'reached'],
    [`${UUID.toUpperCase()}:1-100`, `${UUID}:5-7:9`, 'reached'],
    [`${UUID}:1-8:10-100`, `${UUID}:1-9`, 'behind'],
    [`${UUID}:1-100`, `${UUID}:1-5,\nffffffff-71ca-11e1-9e33-c80aa9429562:1`, 'behind'],
    [`${UUID}:1-100:tag:1-3`, `${UUID}:tag:1-3`, 'reached'],
    [`${UUID}:1-100`, `${UUID}:tag:1`, 'behind'],
    [UUID, `${UUID}:1`, 'incomparable'],
    [`${UUID}:1-x!`, `${UUID}:1`, 'incomparable'],
  ])('MySQL: %s has come to %s: %s', (have, want, answer) => expect(compare(have, want)).toBe(answer));

  it('of another system, or of one that is not known, there is nothing to compare', () => {
    const at = { timeline: 0, at: '0-1-1' };
    expect(comparePositions({ systemId: 'a', ...at }, { systemId: 'b', ...at })).toBe('incomparable');
    expect(comparePositions({ systemId: '', ...at }, { systemId: '', ...at })).toBe('incomparable');
  });
});

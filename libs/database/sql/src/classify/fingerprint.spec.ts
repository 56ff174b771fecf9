import { describe, expect, it } from '@jest/globals';
import { analyse } from './analyse.js';
import { ansiDialect } from './dialect.js';

const dialect = { ...ansiDialect, dollarQuotes: true };
const fingerprint = (text: string): string => analyse(text, dialect).fingerprint;

const long = (last: string): string => `select ${'column_name, '.repeat(1_000)} ${last}`;

describe('the fingerprint of a statement', () => {
  it.each([
    ["SELECT  *\nFROM a -- note\nWHERE b='x'  AND c = 1.5e-3", 'select * from a where b = ? and c = ?'],
    ['select * from a where id in (1, 2, 3)', 'select * from a where id in(?)'],
    ['select * from a where id in ($1)', 'select * from a where id in(?)'],
    ['select * from a where id in (?, ?12)', 'select * from a where id in(?)'],
    ['select f(1, 2), 3, 4', 'select f(?, ?), ?, ?'],
    ['select array[1, 2]', 'select array[?]'],
    ['insert into a (b, c) values (1, 2), (3, 4), (5, 6)', 'insert into a(b, c) values(?, ?)'],
    [
      'insert into a values (1, default), (2, now()), (3, now()) on conflict (id) do nothing',
      'insert into a values(?, default), (?, now()) on conflict(id) do nothing',
    ],
    ['select * from (values (1), (2)) t where x in (1, 2)', 'select * from(values(?)) t where x in(?)'],
    ['SELECT "MixedCase"."x" FROM t;', 'select "MixedCase"."x" from t'],
    ['a; ;b;', 'a; b'],
    ['', ''],
  ])('%s', (text, expected) => {
    expect(fingerprint(text)).toBe(expected);
  });

  it('is the same for statements that differ in values, spacing, case and comments only', () => {
    expect(fingerprint("SELECT a FROM b WHERE c IN ('x','y') LIMIT 5")).toBe(
      fingerprint('select a /* hint */\nfrom b where c in (?) limit $1'),
    );
  });

  it('differs for different statements', () => {
    expect(fingerprint('select a from b')).not.toBe(fingerprint('select a from c'));
    expect(fingerprint('insert into a values (1)')).not.toBe(fingerprint('insert into a values (1, 2)'));
  });

  it('stays short for long texts, and still tells them apart', () => {
    expect(fingerprint(long('a')).length).toBeLessThan(2_100);
    expect(fingerprint(long('a'))).not.toBe(fingerprint(long('b')));
    expect(fingerprint(long('a'))).toBe(fingerprint(long('A')));
  });
});

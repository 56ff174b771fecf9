import { describe, expect, it } from '@jest/globals';
import { anything, array, assert, dictionary, property, string } from 'fast-check';
import pg from 'pg';
import { ParametersError } from './errors.js';
import { RowWriter, type InsertRow } from './row-json.js';

const { prepareValue } = (pg as unknown as { utils: { prepareValue: (value: unknown) => unknown } }).utils;

function written(columns: readonly string[], ...rows: InsertRow[]): unknown {
  const writer = new RowWriter('n', columns, prepareValue);
  for (const row of rows) writer.add(row);
  return JSON.parse(writer.take());
}

class Item {
  constructor(public own: number) {}
  get derived(): number {
    return this.own * 2;
  }
}

class Shy {
  a = 1;
  toJSON(): string {
    return 'hidden';
  }
}

describe('RowWriter', () => {
  it('writes what is JSON as it is, and everything else as the server reads it', () => {
    const date = new Date(2020, 1, 2, 3, 4, 5, 6);
    const values = {
      text: 'a "b" \u2028 ü',
      big: 12345678901234567890n,
      date,
      bytes: Buffer.from([0, 255]),
      nan: NaN,
      infinite: -Infinity,
      absent: undefined,
      nothing: null,
      list: [1n, [date], null],
      json: { a: [1, { b: null }] },
      own: { toPostgres: () => '(1,2)' },
    };
    expect(written(Object.keys(values), values)).toEqual([
      {
        text: values.text,
        big: '12345678901234567890',
        date: prepareValue(date),
        bytes: String.raw`\x00ff`,
        nan: 'NaN',
        infinite: '-Infinity',
        nothing: null,
        list: ['1', [prepareValue(date)], null],
        json: { a: [1, { b: null }] },
        own: '(1,2)',
      },
    ]);
    const list = Object.values(values);
    expect(written(Object.keys(values), list)).toEqual(written(Object.keys(values), values));
  });

  it('reads what instances inherit, and does not let them write themselves', () => {
    expect(written(['own', 'derived'], new Item(2) as never)).toEqual([{ own: 2, derived: 4 }]);
    expect(written(['a'], new Shy() as never)).toEqual([{ a: 1 }]);
    expect(written(['__proto__'], JSON.parse('{"__proto__": 1}') as InsertRow)).toEqual([
      JSON.parse('{"__proto__":1}'),
    ]);
  });

  it('names the row and the column that do not fit, and never a value', () => {
    const circular: Record<string, unknown> = { secret: 'secret' };
    circular.self = circular;
    const secretive = {
      toPostgres: () => {
        throw new Error('secret');
      },
    };
    for (const [row, message] of [
      [{ a: 1, other: 'secret' }, /row 1 has a column 'other'/],
      [[1, 2], /row 1 has 2 values for 1 columns/],
      [7, /row 1 must be an object or an array/],
      [null, /row 1 must be/],
      [{ a: circular }, /the value of 'a' in row 1 cannot be turned into a value \(TypeError\)/],
      [{ a: secretive }, /the value of 'a' in row 1/],
      [{ a: () => 1 }, /the value of 'a' in row 1/],
      [{ a: Symbol('secret') }, /the value of 'a' in row 1/],
    ] as const) {
      const adding = (): unknown => written(['a'], { a: 0 }, row as never);
      expect(adding).toThrow(ParametersError);
      expect(adding).toThrow(message);
      expect(adding).not.toThrow(/secret/);
    }
  });

  it('gives valid JSON for anything, or refuses it', () => {
    assert(
      property(array(dictionary(string(), anything())), (rows) => {
        const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
        let result: unknown;
        try {
          result = written(columns, ...rows);
        } catch (error) {
          result = error;
        }
        expect(result instanceof ParametersError || (result as unknown[]).length === rows.length).toBe(true);
      }),
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import { RowReader, type ColumnDescription } from './row-reader.js';

const types = {
  getTypeParser:
    (oid: number) =>
    (text: string): unknown =>
      oid === 23 ? Number(text) : text,
};

function columns(...names: [name: string, oid: number][]): ColumnDescription[] {
  return names.map(([name, dataTypeID]) => ({ name, dataTypeID, format: 'text' }));
}

describe('RowReader', () => {
  it('makes objects or arrays, by the parser of each column', () => {
    const fields = columns(['id', 23], ['name', 25], ['gone', 25]);
    expect(new RowReader(fields, types, false).read(['7', 'x', null])).toEqual({
      id: 7,
      name: 'x',
      gone: null,
    });
    expect(new RowReader(fields, types, true).read(['7', 'x', null])).toEqual([7, 'x', null]);
  });

  it('of columns with one name the last one counts, and a column may have any name', () => {
    const row = new RowReader(columns(['a', 23], ['a', 25], ['__proto__', 25]), types, false).read([
      '1',
      'two',
      'three',
    ]) as Record<string, unknown>;
    expect(row.a).toBe('two');
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(Object.hasOwn(row, '__proto__')).toBe(true);
  });

  it('gives each row an object of its own', () => {
    const reader = new RowReader(columns(['a', 25]), types, false);
    expect(reader.read(['x'])).not.toBe(reader.read(['x']));
  });
});

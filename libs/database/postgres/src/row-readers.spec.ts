import { describe, expect, it } from '@jest/globals';
import type { ColumnDescription } from './row-reader.js';
import { RowReaders } from './row-readers.js';

const parsers = new Map<number, (text: string) => unknown>([
  [23, Number],
  [25, String],
]);
const types = { getTypeParser: (oid: number) => parsers.get(oid)! };

function columns(...names: [name: string, oid: number][]): ColumnDescription[] {
  return names.map(([name, dataTypeID]) => ({ name, dataTypeID, format: 'text' }));
}

describe('RowReaders', () => {
  it('gives the same one for the same text and columns', () => {
    const readers = new RowReaders(types);
    const first = readers.of('a', columns(['id', 23]), false);
    expect(readers.of('a', columns(['id', 23]), false)).toBe(first);
    expect(readers.of('a', columns(['id', 23]), true)).not.toBe(first);
    expect(readers.of('b', columns(['id', 23]), false)).not.toBe(first);
  });

  it.each([
    ['a name', columns(['no', 23])],
    ['a type', columns(['id', 25])],
    ['a column less', []],
    ['a column more', columns(['id', 23], ['name', 25])],
  ])('makes a new one when %s is different', (_, other) => {
    const readers = new RowReaders(types);
    readers.of('a', columns(['id', 23]), false);
    const reader = readers.of('a', other, false);
    const row = Object.fromEntries(
      other.map(({ name, dataTypeID }) => [name, parsers.get(dataTypeID)!('7')]),
    );
    expect(reader.read(other.map(() => '7'))).toEqual(row);
  });

  it('heeds a type parser that was set meanwhile', () => {
    let parse: (text: string) => unknown = Number;
    const readers = new RowReaders({ getTypeParser: () => parse });
    expect(readers.of('a', columns(['id', 23]), false).read(['7'])).toEqual({ id: 7 });
    parse = BigInt;
    expect(readers.of('a', columns(['id', 23]), false).read(['7'])).toEqual({ id: 7n });
  });

  it('remembers some texts, and not all for ever', () => {
    const readers = new RowReaders(types);
    const first = readers.of('0', columns(['id', 23]), false);
    for (let at = 1; at <= 256; at++) readers.of(String(at), columns(['id', 23]), false);
    expect(readers.of('0', columns(['id', 23]), false)).not.toBe(first);
  });
});

import { describe, expect, it } from '@jest/globals';
import { OptionsError, Problems } from '@nest-pooling/core';
import { checkName, quoted, quotedTable } from './identifiers.js';

function table(name: unknown): string {
  const problems = new Problems();
  const text = quotedTable(problems, 'table', name);
  problems.throwIfAny('it');
  return text;
}

describe('names', () => {
  it.each([
    ['item', '"item"'],
    ['shop.item', '"shop"."item"'],
    ['Order Items', '"Order Items"'],
    [['shop', 'v1.item'], '"shop"."v1.item"'],
    [['odd "one"; DROP TABLE item'], '"odd ""one""; DROP TABLE item"'],
  ])('%j is %s', (name, text) => {
    expect(table(name)).toBe(text);
  });

  it.each([
    '',
    'a.',
    '.a',
    'a.b.c',
    [],
    ['a', 'b', 'c'],
    7,
    ['a', 7],
    'a\0b',
    'x'.repeat(64),
    'ü'.repeat(32),
  ])('%j is refused', (name) => {
    expect(() => table(name)).toThrow(OptionsError);
  });

  it('are quoted so that they stay one name', () => {
    expect(quoted('a"b')).toBe('"a""b"');
    const problems = new Problems();
    expect(checkName(problems, 'x', 'ü'.repeat(31))).toBe(true);
    expect(checkName(problems, 'x', '')).toBe(false);
    expect(problems.count).toBe(1);
  });
});

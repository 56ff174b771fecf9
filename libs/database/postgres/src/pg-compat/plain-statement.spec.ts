import { describe, expect, test } from '@jest/globals';
import { plainStatement } from './plain-statement.js';

const plain = (text: string, values?: unknown[], name?: string, rowMode?: string): object => ({
  text,
  values,
  name,
  rowMode,
});

describe('plainStatement', () => {
  test.each([
    [['SELECT 1'], plain('SELECT 1')],
    [['SELECT $1', [1]], plain('SELECT $1', [1])],
    [[{ text: 'SELECT 1' }], plain('SELECT 1')],
    [[{ text: 'SELECT $1' }, [1]], plain('SELECT $1', [1])],
    [[{ text: 'SELECT $1', values: [2] }, [1]], plain('SELECT $1', [2])],
    [[{ text: 'a', name: 'n', rowMode: 'array' }], plain('a', undefined, 'n', 'array')],
  ])('%j is one', ([given, values], expected) => {
    expect(plainStatement(given, values)).toEqual(expected);
  });

  test.each([
    [[null]],
    [[undefined]],
    [[1]],
    [['SELECT $1', 'x']],
    [['SELECT $1', null]],
    [[{}]],
    [[{ text: 1 }]],
    [[{ text: 'a', values: 'x' }]],
    [[{ text: 'a', name: '' }]],
    [[{ text: 'a', name: 1 }]],
    [[{ text: 'a', rowMode: 'object' }]],
    [[{ text: 'a', types: {} }]],
    [[{ text: 'a', rows: 2 }]],
    [[{ text: 'a', queryMode: 'extended' }]],
    [[{ text: 'a', submit: () => {} }]],
  ])('%j is for pg', ([given, values]) => {
    expect(plainStatement(given, values)).toBeUndefined();
  });
});

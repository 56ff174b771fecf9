import { describe, expect, it } from '@jest/globals';
import { ParametersError } from './errors.js';
import { placeholdersOf } from './placeholders.js';
import { rows, Sessions } from './session.fixture.js';

describe('placeholders', () => {
  it.each([
    ['SELECT 1', 0],
    ['SELECT ?, ?', 2],
    ['SELECT ?2, ?1, ?2', 2],
    ['SELECT ?, ?5, ?', 6],
    ['SELECT \'?\', "?", [?], `?` -- ?\n /* ? */', 0],
    ['SELECT a->?, ?||? FROM t', 3],
    ['SELECT x FROM t LIMIT ? OFFSET ?', 2],
  ])('counts those of %s: %d', (text, count) => {
    expect(placeholdersOf('n', text)).toEqual({ text, count });
  });

  it('reads $1 as Postgres does', async () => {
    expect(placeholdersOf('n', "SELECT $2, '$1', $1, $2")).toEqual({
      text: "SELECT ?2, '$1', ?1, ?2",
      count: 2,
    });
    const sessions = new Sessions();
    const session = await sessions.open();
    expect(await rows(session, 'SELECT $2, $1, $2', 'a', 'b')).toEqual([['b', 'a', 'b']]);
    sessions.close();
  });

  it.each(['SELECT :name', 'SELECT @name', 'SELECT $name', 'SELECT :1'])('refuses names: %s', (text) => {
    expect(() => placeholdersOf('n', text)).toThrow(ParametersError);
  });

  it('refuses more than SQLite can have', () => {
    expect(() => placeholdersOf('n', 'SELECT ?99999')).toThrow('32766 parameters at most (got 99999)');
  });
});

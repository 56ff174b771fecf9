import { describe, expect, it } from '@jest/globals';
import { table } from './cli-commands.js';
import { readArguments } from './cli-options.js';

describe('the command line', () => {
  it('is read', () => {
    expect(readArguments(['up'])).toEqual({
      kind: 'up',
      of: 'postgres',
      json: false,
      options: {},
    });
    expect(readArguments(['up', '--mariadb'])).toMatchObject({ kind: 'up', of: 'mariadb' });
    expect(readArguments(['up', '--replicas', '1', '--json', '--port=5432', '--database', 'shop'])).toEqual({
      kind: 'up',
      of: 'postgres',
      json: true,
      options: { replicas: 1, port: 5432, database: 'shop' },
    });
    expect(readArguments(['--help'])).toEqual({ kind: 'help' });
  });

  it.each([
    [[], 'The only command is "up"'],
    [['down'], 'There is no command "down"'],
    [['up', 'now'], '"up" takes no "now"'],
    [['up', '--replicas', 'two'], '--replicas must be a whole number (got "two")'],
    [['up', '--bogus'], '--bogus'],
  ])('%j is refused with a helpful message', (words, message) => {
    expect(readArguments(words)).toMatchObject({ kind: 'wrong', message: expect.stringContaining(message) });
  });

  it('shows a table', () => {
    const row = { name: 'replica-1', role: 'replica', state: 'running', host: 'h', port: 1, url: 'u' };
    expect(table([row])).toBe('NODE       ROLE     STATE    URL\nreplica-1  replica  running  u');
  });
});

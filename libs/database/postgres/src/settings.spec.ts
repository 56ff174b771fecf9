import { describe, expect, it } from '@jest/globals';
import { Problems } from '@nest-pooling/core';
import { array, assert, property, string } from 'fast-check';
import {
  applicationName,
  checkSettings,
  joinSettings,
  settingsStatement,
  startupOptions,
} from './settings.js';

/** What the server does with the startup parameter `options` (pg_split_opts). */
function split(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let open = false;
  for (let at = 0; at < text.length; at++) {
    if (/\s/.test(text[at]!)) {
      if (open) words.push(word);
      [word, open] = ['', false];
      continue;
    }
    if (text[at] === '\\') at++;
    word += text[at];
    open = true;
  }
  return open ? [...words, word] : words;
}

describe('startupOptions', () => {
  it('is read back by the server as it was meant, whatever the value', () => {
    assert(
      property(array(string({ unit: 'binary' })), (values) => {
        const settings = Object.fromEntries(values.map((value, i) => [`a${i}`, value]));
        const expected = values.flatMap((value, i) => ['-c', `a${i}=${value}`]);
        expect(split(startupOptions(settings))).toEqual(expected);
      }),
    );
  });

  it('is empty without settings', () => {
    expect(startupOptions({})).toBe('');
  });
});

describe('settingsStatement', () => {
  it('quotes names and values', () => {
    expect(settingsStatement({ a: "it's", b: 'c\\d' }, 'session')).toBe(
      String.raw`SELECT set_config('a', 'it''s', false), set_config('b',  E'c\\d', false)`,
    );
    expect(settingsStatement({ a: '1' }, 'transaction')).toBe("SELECT set_config('a', '1', true)");
    expect(settingsStatement({}, 'session')).toBe('');
  });
});

describe('settings', () => {
  it('are joined whatever the case of their names, later ones win', () => {
    expect(joinSettings({ TimeZone: 'UTC', a: '1' }, { timezone: 'CET' })).toEqual({
      timezone: 'CET',
      a: '1',
    });
  });

  it('are checked without showing their values', () => {
    const problems = new Problems();
    checkSettings(problems, 'settings', {
      'a b': '1',
      'x=y': '2',
      'app.ok': 'secret\0',
      n: 3 as unknown as string,
    });
    expect(problems.count).toBe(4);
    expect(() => problems.throwIfAny('it')).toThrow(/settings\.app\.ok: must not contain a NUL/);
    expect(() => problems.throwIfAny('it')).not.toThrow(/secret/);
  });

  it('name the application in what the server keeps of it', () => {
    expect(applicationName(undefined, 'orders.replica-1', 'read')).toBe('nest-pooling orders.replica-1 read');
    expect(applicationName('Bücher', 'n', 'read')).toBe('B?cher');
    expect(applicationName(undefined, 'x'.repeat(100), 'read')).toHaveLength(63);
  });
});

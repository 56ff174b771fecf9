import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { OptionsError, systemEnv } from '@nest-pooling/core';
import { fromUrl } from '@nest-pooling/sql';
import { sqlite, type SqliteOptions } from './definition.js';
import { sqliteEntry } from './entry.js';
import { checkedLibsql, loadLibrary } from './library.js';
import { Folder } from './temporary.fixture.js';

function problemsOf(options: object): readonly string[] {
  try {
    sqlite(options as SqliteOptions).open('shop', systemEnv);
  } catch (error) {
    if (error instanceof OptionsError) return error.problems;
    throw error;
  }
  return [];
}

describe('the definition of a pool', () => {
  it('lists everything that is wrong', () => {
    const options = {
      file: '',
      memory: false,
      fiel: 1,
      pool: { max: 0, leasesPerResource: 2 },
      session: {
        lockTimeoutMs: -1,
        library: 'sqlite3',
        settings: { journal_mode: 'DELETE', 'a b': 1, x: {}, y: NaN },
      },
      maxRows: 0,
      required: 'yes',
    };
    expect(problemsOf(options)).toEqual([
      'fiel: is unknown; did you mean file?',
      'memory: must be true',
      'memory: is given beside a file',
      'file: must be a path or a file: URL',
      expect.stringContaining('pool.max: must be a whole number from 1'),
      'pool.leasesPerResource: must be 1: a session serves one at a time (got 2)',
      'session.lockTimeoutMs: must be a number from 0 to 2147483647 (got -1)',
      "session.library: must be one of node:sqlite, libsql (got 'sqlite3')",
      expect.stringContaining('session.settings.journal_mode: is the pool’s own'),
      'session.settings.a b: is no name of a pragma',
      "session.settings.x: must be a text, a number or a boolean (got 'object')",
      "session.settings.y: must be a text, a number or a boolean (got 'number')",
      'maxRows: must be a whole number of at least 1 (got 0)',
      "required: must be a boolean (got 'string')",
    ]);
    expect(problemsOf({})).toEqual(['file: is missing (or memory: true)']);
  });

  it.each(['https://example.com/x.db', 'libsql://x', ':memory:\0', 5, 'file://host/x'])(
    'refuses %s as a file',
    (file) => {
      expect(problemsOf({ file })).toHaveLength(1);
    },
  );

  it('opens a path, a URL, and what fromUrl makes of a text', async () => {
    const folder = await Folder.make();
    const path = folder.file('a b.db');
    const drivers = [sqliteEntry];
    const definitions = [
      sqlite({ file: path }),
      sqlite({ file: pathToFileURL(path) }),
      sqlite({ file: pathToFileURL(path).href }),
      fromUrl(`sqlite:${path}`, { drivers, lockTimeoutMs: 50 }),
      fromUrl(`sqlite://${path.replace(' ', '%20')}`, { drivers }),
      fromUrl(pathToFileURL(path).href, { drivers, pool: { max: 2 } }),
    ];
    for (const [at, definition] of definitions.entries()) {
      /* oxlint-disable no-await-in-loop */
      const pool = definition.open('shop', systemEnv);
      await pool.start();
      await pool.face.query('CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)');
      await pool.face.query('INSERT INTO t DEFAULT VALUES');
      expect((await pool.face.query('SELECT count(*) AS n FROM t')).rows).toEqual([{ n: at + 1 }]);
      await pool.close();
      /* oxlint-enable no-await-in-loop */
    }
    const memory = fromUrl('sqlite::memory:', { drivers }).open('shop', systemEnv);
    expect(memory.report().nodes).toHaveProperty(['shop.memory']);
    expect(() => fromUrl('sqlite:x', { drivers, replicas: ['sqlite:y'] }).open('shop', systemEnv)).toThrow(
      'replicas',
    );
    await folder.remove();
  });

  it('says how to get what is missing', async () => {
    const failing = checkedLibsql(() => Promise.reject(new Error('no such package')));
    await expect(failing).rejects.toMatchObject({
      code: 'DRIVER_MISSING',
      message: expect.stringContaining('npm install libsql'),
    });
    await expect(checkedLibsql(() => Promise.resolve({}))).rejects.toMatchObject({ code: 'DRIVER_MISSING' });
    const builtIn = await loadLibrary('node:sqlite').then(
      () => 'there',
      (error: Error) => error.message,
    );
    expect(builtIn).toMatch(/^there$|needs Node 22\.16/);
  });
});

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CommitRolledBackError, SessionClosedError, TransactionRolledBackError } from './errors.js';
import { sqliteFault } from './fault.js';
import { reasonOf, rows, run, Sessions } from './session.fixture.js';
import type { SqliteSession } from './session.js';
import { Folder, libraries } from './temporary.fixture.js';

describe.each(libraries)('a session, on %s', (library) => {
  let folder: Folder;
  let sessions: Sessions;
  let session: SqliteSession;
  beforeEach(async () => {
    folder = await Folder.make();
    sessions = new Sessions({ library, preparedStatements: 10 }, folder.file());
    session = await sessions.open();
    await run(session, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE)');
  });
  afterEach(async () => {
    sessions.close();
    await folder.remove();
  });

  it('opens a file in WAL mode with foreign keys, and tells its version', async () => {
    expect(await rows(session, 'PRAGMA journal_mode')).toEqual([['wal']]);
    expect(await rows(session, 'PRAGMA foreign_keys')).toEqual([[1]]);
    expect(session.identity).toEqual({
      systemId: '',
      timeline: 0,
      role: 'primary',
      version: expect.stringMatching(/^3\.\d/),
    });
    expect(session.identity.version).toContain(library);
    expect(await session.probe()).toMatchObject({ role: 'primary', at: '', streaming: true, lagMs: null });
    expect(await session.reached({ systemId: '', timeline: 0, at: '' })).toBe(false);
  });

  it('refuses to read what is no database', async () => {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(folder.file('other.db'), 'this is a text and no database. '.repeat(100));
    const other = new Sessions({ library }, folder.file('other.db'));
    const error = await reasonOf(other.open());
    const during = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;
    expect(sqliteFault(error, during)).toMatchObject({ sqlState: 'SQLITE_NOTADB', outcome: 'not-sent' });
    const nowhere = new Sessions({ library }, folder.file('no/such/folder/x.db'));
    expect(sqliteFault(await reasonOf(nowhere.open()), during)).toMatchObject({
      category: 'connection',
      scope: 'node',
    });
  });

  it('large integers stay what they are, and blobs are Buffers', async () => {
    const text = "SELECT 9007199254740991, 9007199254740992, -9223372036854775808, x'00ff', NULL, 1.5";
    const [row] = (await rows(session, text)) as unknown[][];
    expect(row).toEqual([2 ** 53 - 1, 2n ** 53n, -(2n ** 63n), Buffer.from([0, 255]), null, 1.5]);
    expect(Buffer.isBuffer(row![3])).toBe(true);
  });

  it('a transaction that SQLite has rolled back by itself takes nothing but its end', async () => {
    await run(session, "INSERT INTO t (a) VALUES ('x')");
    await run(session, 'BEGIN');
    await run(session, "INSERT INTO t (a) VALUES ('y')");
    await reasonOf(run(session, "INSERT OR ROLLBACK INTO t (a) VALUES ('x')"));
    expect(session.state).toBe('failed');
    expect(await reasonOf(run(session, "INSERT INTO t (a) VALUES ('z')"))).toBeInstanceOf(
      TransactionRolledBackError,
    );
    expect(await reasonOf(run(session, 'ROLLBACK TO SAVEPOINT np_1'))).toBeInstanceOf(
      TransactionRolledBackError,
    );
    expect(await reasonOf(session.commit())).toBeInstanceOf(CommitRolledBackError);
    expect(session.state).toBe('idle');
    await run(session, 'BEGIN');
    await reasonOf(run(session, "INSERT OR ROLLBACK INTO t (a) VALUES ('x')"));
    await run(session, 'ROLLBACK');
    expect(session.state).toBe('idle');
    expect(await rows(session, 'SELECT a FROM t')).toEqual([['x']]);
  });

  it('a COMMIT that is refused leaves the transaction open', async () => {
    await run(session, 'CREATE TABLE c (p INT REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)');
    await run(session, 'BEGIN');
    await run(session, 'INSERT INTO c VALUES (99)');
    await expect(session.commit()).rejects.toThrow('FOREIGN KEY constraint failed');
    expect(session.state).toBe('in-transaction');
    await run(session, 'ROLLBACK');
    expect(session.state).toBe('idle');
  });

  it('a reset brings back what a new connection has, and only opens one when it must', async () => {
    await run(session, 'BEGIN');
    await run(session, "INSERT INTO t (a) VALUES ('x')");
    const { version } = session.identity;
    await session.reset();
    expect([session.state, await rows(session, 'SELECT count(*) FROM t'), version]).toEqual([
      'idle',
      [[0]],
      version,
    ]);
    await run(session, 'PRAGMA foreign_keys = OFF');
    await run(session, `ATTACH '${folder.file('more.db')}' AS more`);
    await run(session, 'CREATE TEMP TABLE mine (a)');
    await session.reset();
    expect(await rows(session, 'PRAGMA foreign_keys')).toEqual([[1]]);
    expect(await rows(session, "SELECT name FROM pragma_database_list WHERE name = 'more'")).toEqual([]);
    await expect(run(session, 'SELECT * FROM mine')).rejects.toThrow('no such table');
  });

  it('onConnect and settings hold for every connection, also after a reset', async () => {
    const set = new Sessions(
      {
        library,
        settings: { cache_size: -1234, recursive_triggers: true },
        onConnect: async (of) => void (await run(of, 'CREATE TEMP TABLE of_all (a)')),
      },
      folder.file(),
    );
    const one = await set.open();
    for (let times = 0; times < 2; times++) {
      /* oxlint-disable no-await-in-loop */
      expect(await rows(one, 'PRAGMA cache_size')).toEqual([[-1234]]);
      expect(await rows(one, 'SELECT count(*) FROM of_all')).toEqual([[0]]);
      await run(one, 'INSERT INTO of_all VALUES (1)');
      await run(one, 'PRAGMA cache_size = 7');
      await one.reset();
      /* oxlint-enable no-await-in-loop */
    }
    set.close();
    const bad = new Sessions(
      { library, onConnect: async (of) => void (await run(of, 'BEGIN')) },
      folder.file(),
    );
    await expect(bad.open()).rejects.toMatchObject({ code: 'SQL_SETUP_FAILED' });
    // The lock that it had taken is free again.
    await run(session, "INSERT INTO t (a) VALUES ('x')");
  });

  it('columns that somebody else has added or renamed are seen', async () => {
    const other = await sessions.open();
    await run(session, "INSERT INTO t (a) VALUES ('x')");
    const all = (): Promise<unknown> =>
      session.execute({ text: 'SELECT * FROM t' }).then((result) => result.rows);
    expect(await all()).toEqual([{ id: 1, a: 'x' }]);
    await run(other, 'ALTER TABLE t ADD COLUMN b INT DEFAULT 7');
    expect(await all()).toEqual([{ id: 1, a: 'x', b: 7 }]);
    const put = await session.execute({ text: 'INSERT INTO t (id) VALUES (2) RETURNING *' });
    expect(put.rows).toEqual([{ id: 2, a: null, b: 7 }]);
    await run(other, 'DELETE FROM t WHERE id = 2');
    await run(other, 'ALTER TABLE t RENAME COLUMN b TO c');
    expect(await all()).toEqual([{ id: 1, a: 'x', c: 7 }]);
    await run(other, 'ALTER TABLE t DROP COLUMN c');
    expect(await all()).toEqual([{ id: 1, a: 'x' }]);
    await run(other, 'ALTER TABLE t ADD COLUMN d INT DEFAULT 8');
    const again = await session.execute({ text: 'INSERT INTO t (id) VALUES (2) RETURNING *' });
    expect(again.rows).toEqual([{ id: 2, a: null, d: 8 }]);
  });

  it('what is closed runs nothing, and its lock is free', async () => {
    await run(session, 'BEGIN');
    await run(session, "INSERT INTO t (a) VALUES ('x')");
    const reading = session.stream({ text: 'SELECT a FROM t' }, 1)[Symbol.asyncIterator]();
    await reading.next();
    await session.close();
    expect(session.state).toBe('broken');
    expect(await reasonOf(run(session, 'SELECT 1'))).toBeInstanceOf(SessionClosedError);
    expect(await reasonOf(reading.next())).toBeInstanceOf(SessionClosedError);
    const other = await sessions.open();
    await run(other, "INSERT INTO t (a) VALUES ('y')");
    expect(await rows(other, 'SELECT a FROM t')).toEqual([['y']]);
  });

  it('a stream that was left holds nothing; one that writes has written all', async () => {
    await run(
      session,
      'INSERT INTO t (id) WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 1000) SELECT n FROM c',
    );
    for await (const page of session.stream({ text: 'SELECT id FROM t ORDER BY id' }, 10)) {
      expect(page).toHaveLength(10);
      break;
    }
    for await (const page of session.stream(
      { text: 'INSERT INTO t (a) VALUES (1), (2), (3) RETURNING a' },
      2,
    )) {
      expect(page).toEqual([{ a: '1' }, { a: '2' }]);
      break;
    }
    expect(await rows(session, 'SELECT count(*) FROM t')).toEqual([[1003]]);
    await run(session, 'DROP TABLE t');
    await expect(session.stream({ text: 'SELECT 1' }, 0)[Symbol.asyncIterator]().next()).rejects.toThrow(
      'batch',
    );
  });
});

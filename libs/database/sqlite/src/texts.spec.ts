import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ScriptFailedError } from './errors.js';
import { reasonOf, rows, run, Sessions } from './session.fixture.js';
import type { SqliteSession } from './session.js';
import { libraries } from './temporary.fixture.js';

describe.each(libraries)('texts of none or several statements, on %s', (library) => {
  let sessions: Sessions;
  let session: SqliteSession;
  beforeEach(async () => {
    sessions = new Sessions({ library });
    session = await sessions.open();
    await run(session, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT UNIQUE)');
  });
  afterEach(() => sessions.close());

  it('an empty text does nothing', async () => {
    expect(await run(session, ' -- nothing')).toEqual({ rows: [], rowCount: null, command: '', fields: [] });
  });

  it('several statements in one text: all run, and an error says that some have', async () => {
    await run(session, "INSERT INTO t (a) VALUES ('x;y'); INSERT INTO t (a) VALUES ('z')");
    expect(await rows(session, 'SELECT a FROM t ORDER BY id')).toEqual([['x;y'], ['z']]);
    const error = await reasonOf(
      run(session, "INSERT INTO t (a) VALUES ('w'); INSERT INTO t (a) VALUES ('z')"),
    );
    expect(error).toBeInstanceOf(ScriptFailedError);
    expect(await rows(session, 'SELECT count(*) FROM t')).toEqual([[3]]);
    await expect(run(session, 'SELECT ?; SELECT ?', 1, 2)).rejects.toMatchObject({
      code: 'SQL_PARAMETERS_INVALID',
    });
    await run(session, 'BEGIN; INSERT INTO t DEFAULT VALUES');
    expect(session.state).toBe('in-transaction');
    await run(session, 'ROLLBACK');
    expect(session.state).toBe('idle');
  });

  it('a trigger is one statement, whatever stands in it', async () => {
    await run(
      session,
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = 'g' WHERE id = new.id; SELECT 1; END",
    );
    expect((await run(session, 'INSERT INTO t (a) VALUES (?)', 'x')).rowCount).toBe(1);
    expect(await rows(session, 'SELECT a FROM t')).toEqual([['g']]);
  });
});

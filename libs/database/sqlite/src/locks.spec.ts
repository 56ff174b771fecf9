import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { systemEnv, type Scheduler } from '@nest-pooling/core';
import { LockedForTooLongError, SessionClosedError } from './errors.js';
import { sqliteFault } from './fault.js';
import { reasonOf, rows, run, Sessions } from './session.fixture.js';
import { Folder, libraries, opened } from './temporary.fixture.js';

const during = { lane: 'write', role: 'primary', sent: true, committing: false } as const;

describe.each(libraries)('locks, on %s', (library) => {
  let folder: Folder;
  let sessions: Sessions;
  beforeEach(async () => {
    folder = await Folder.make();
    sessions = new Sessions({ library }, folder.file());
    await run(await sessions.open(), 'CREATE TABLE t (id INTEGER PRIMARY KEY)');
  });
  afterEach(async () => {
    sessions.close();
    await folder.remove();
  });

  it('a writer waits for the lock of another connection, and the event loop turns meanwhile', async () => {
    const [one, two, three] = [await sessions.open(), await sessions.open(), await sessions.open()];
    await run(one, 'BEGIN');
    await run(one, 'INSERT INTO t VALUES (1)');
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    const inserting = run(two, 'INSERT INTO t VALUES (2)');
    const beginning = run(three, 'BEGIN').then(() => run(three, 'ROLLBACK'));
    while (turns < 20) await new Promise((resolve) => setImmediate(resolve));
    await one.commit();
    await Promise.all([inserting, beginning]);
    clearInterval(counting);
    expect(await rows(one, 'SELECT id FROM t')).toEqual([[1], [2]]);
  });

  it('who waits too long gets a fault of overload, and nothing has happened', async () => {
    const hasty = new Sessions({ library, lockTimeoutMs: 30 }, folder.file());
    const [one, two] = [await sessions.open(), await hasty.open()];
    await run(one, 'BEGIN');
    await run(one, 'INSERT INTO t VALUES (1)');
    const error = await reasonOf(run(two, 'INSERT INTO t VALUES (2)'));
    expect(error).toBeInstanceOf(LockedForTooLongError);
    expect(sqliteFault(error, during)).toMatchObject({
      category: 'overload',
      scope: 'statement',
      outcome: 'rolled-back',
    });
    expect(two.state).toBe('idle');
    await one.commit();
    await run(two, 'INSERT INTO t VALUES (2)');
    hasty.close();
  });

  it('who gives up waiting is told at once, and leaves no timer behind', async () => {
    const pending = new Set<object>();
    const scheduler: Scheduler = {
      now: () => systemEnv.scheduler.now(),
      wallMs: () => systemEnv.scheduler.wallMs(),
      afterIo: (fn) => systemEnv.scheduler.afterIo(fn),
      lastStallMs: 0,
      after: (ms, fn) => {
        const key = {};
        pending.add(key);
        const timer = systemEnv.scheduler.after(ms, () => {
          pending.delete(key);
          fn();
        });
        const cancel = (): void => {
          pending.delete(key);
          timer.cancel();
        };
        return { ...timer, cancel };
      },
    };
    const [one, two] = [await sessions.open(), await sessions.open('write', { ...systemEnv, scheduler })];
    await run(one, 'BEGIN');
    const waiting = reasonOf(run(two, 'INSERT INTO t VALUES (2)'));
    expect(pending.size).toBe(1);
    two.destroy();
    expect(await waiting).toBeInstanceOf(SessionClosedError);
    expect(pending.size).toBe(0);
    await one.commit();
    expect(await rows(one, 'SELECT id FROM t')).toEqual([]);
  });

  it('a transaction that has read what is old by now cannot write: a conflict, at once', async () => {
    const [one, two] = [await sessions.open(), await sessions.open()];
    await run(two, 'BEGIN DEFERRED');
    await rows(two, 'SELECT * FROM t');
    await run(one, 'INSERT INTO t VALUES (1)');
    const error = await reasonOf(run(two, 'INSERT INTO t VALUES (2)'));
    expect(sqliteFault(error, during)).toMatchObject({
      category: 'conflict',
      scope: 'transaction',
      outcome: 'rolled-back',
    });
    await run(two, 'ROLLBACK');
  });

  it('a query gives up at its own time while another program holds the lock, and the pool goes on', async () => {
    const pool = await opened({ file: folder.file(), session: { library } });
    const other = await sessions.open();
    await run(other, 'BEGIN');
    const waiting = pool.face.query('INSERT INTO t VALUES (3)', [], { timeoutMs: 50 });
    await expect(waiting).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
    const cut = new AbortController();
    const aborted = pool.face.query('INSERT INTO t VALUES (4)', [], { signal: cut.signal });
    setImmediate(() => cut.abort(new Error('enough')));
    await expect(aborted).rejects.toMatchObject({ category: 'cancelled' });
    await run(other, 'ROLLBACK');
    await pool.face.query('INSERT INTO t VALUES (5)');
    expect((await pool.face.query('SELECT id FROM t')).rows).toEqual([{ id: 5 }]);
    await pool.close();
  });

  it('two processes that write at the same time lose nothing', async () => {
    const pool = await opened({ file: folder.file(), session: { library } });
    await pool.face.query('CREATE TABLE sum (n INT)');
    await pool.face.query('INSERT INTO sum VALUES (0)');
    const child = spawn(process.execPath, ['--input-type=module', '-e', OTHER, library, folder.file()], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
      cwd: new URL('.', import.meta.url),
    });
    const ended = once(child, 'close');
    await once(child.stdout, 'data');
    const add = (): Promise<unknown> =>
      pool.face.transaction(async (tx) => {
        const { rows: found } = await tx.query<{ n: number }>('SELECT n FROM sum');
        await tx.query('UPDATE sum SET n = ?', [found[0]!.n + 1]);
      });
    await Promise.all(Array.from({ length: 200 }, add));
    expect(await ended).toEqual([0, null]);
    expect((await pool.face.query('SELECT n FROM sum')).rows).toEqual([{ n: 400 }]);
    await pool.close();
  }, 120_000);
});

/** Another program, which knows nothing of us: it adds 200 to the sum, each in a transaction that it holds for a moment. */
const OTHER = `
  import { createRequire } from 'node:module';
  const [library, file] = process.argv.slice(1);
  const require = createRequire(process.cwd() + '/');
  const Class = library === 'libsql' ? require('libsql') : process.getBuiltinModule('node:sqlite').DatabaseSync;
  const db = new Class(file);
  db.exec('PRAGMA busy_timeout = 60000');
  console.log('begun');
  for (let n = 0; n < 200; n++) {
    db.exec('BEGIN IMMEDIATE');
    db.exec('UPDATE sum SET n = n + 1');
    await new Promise((resolve) => setTimeout(resolve, n % 10 === 0 ? 3 : 0));
    db.exec('COMMIT');
  }
  db.close();
`;

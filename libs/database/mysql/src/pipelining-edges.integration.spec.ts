import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RawResult, Statement } from '@nest-pooling/sql';
import { LIMIT_MS, running, Servers, until, value } from './servers.fixture.js';
import type { MysqlSession } from './session.js';

let servers: Servers;

beforeAll(async () => {
  servers = await Servers.start();
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

/** What becomes of a statement, and when: `log` gets its label. */
function submit(
  session: MysqlSession,
  statement: Statement,
  log: unknown[] = [],
  label: unknown = statement.text,
): Promise<RawResult> {
  return new Promise((resolve, reject) => {
    session.submit(statement, {
      answered: (result) => {
        log.push(label);
        resolve(result);
      },
      failed: (error) => {
        log.push(label);
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- it is whatever the driver gave
        reject(error);
      },
    });
  });
}

const BY_N = 'SELECT n FROM numbers WHERE n = ?';

/** The rows, or the code of the error. */
function outcomeOf(one: PromiseSettledResult<RawResult>): unknown {
  return one.status === 'fulfilled' ? one.value.rows : (one.reason as { code: unknown }).code;
}

async function shared(options: Parameters<Servers['open']>[2] = {}): Promise<MysqlSession> {
  const session = await servers.open(servers.primary, 'write', options);
  await session.share();
  return session;
}

describe('a shared session, at its edges', () => {
  it('refuses writes, and takes them again after a reset', async () => {
    const session = await shared();
    const insert = { text: 'INSERT INTO notes (body) VALUES (?)', params: ['shared'] };
    await expect(submit(session, insert)).rejects.toMatchObject({ errno: 1792 });
    await session.reset();
    expect(await session.execute(insert)).toMatchObject({ rowCount: 1 });
    expect(await value(session, BY_N, [7])).toBe(7);
    await session.share();
    await expect(submit(session, insert)).rejects.toMatchObject({ errno: 1792 });
  });

  it('gives rows as arrays, the columns, no more rows than wanted, and the last of several results', async () => {
    const session = await shared();
    const [arrays, plain, few, none, several] = await Promise.all([
      submit(session, { text: 'SELECT 1 AS a, ? AS a', params: ['x'], rowMode: 'array' }),
      submit(session, { text: 'SELECT 1 AS a, 2 AS a', rowMode: 'array' }),
      submit(session, { text: 'SELECT n FROM numbers ORDER BY n', maxRows: 10 }),
      submit(session, { text: 'SELECT n FROM numbers WHERE n < 0' }),
      submit(session, { text: 'BEGIN NOT ATOMIC SELECT 1 AS a; SELECT 2 AS b; END' }),
    ]);
    expect(arrays).toMatchObject({ rows: [[1, 'x']], rowCount: 1, command: 'SELECT' });
    expect(arrays.fields.map(({ name }) => name)).toEqual(['a', 'a']);
    expect(plain.rows).toEqual([[1, 2]]);
    expect(few.rows).toHaveLength(11);
    // Its array is one like others.
    expect(Object.getOwnPropertyNames(few.rows)).not.toContain('push');
    expect(none).toMatchObject({ rows: [], rowCount: 0, fields: [{ name: 'n' }] });
    expect(several).toMatchObject({ rows: [{ b: 2 }], fields: [{ name: 'b' }] });
  });

  it('takes any name of a column, and does no neighbour harm by it', async () => {
    const session = await shared();
    const [text, prepared, behind, arrays] = await Promise.all([
      submit(session, { text: 'SELECT 1 AS `__proto__`, 2 AS b' }),
      submit(session, { text: 'SELECT ? AS `__proto__`, 2 AS b', params: [1] }),
      submit(session, { text: BY_N, params: [3] }),
      submit(session, { text: 'SELECT ? AS `__proto__`', params: [1], rowMode: 'array' }),
    ]);
    for (const { rows, fields } of [text, prepared]) {
      expect(Object.entries(rows[0] as object)).toEqual([
        ['__proto__', 1],
        ['b', 2],
      ]);
      expect(fields.map(({ name }) => name)).toEqual(['__proto__', 'b']);
    }
    expect(behind.rows).toEqual([{ n: 3 }]);
    expect(arrays).toMatchObject({ rows: [[1]], fields: [{ name: '__proto__' }] });
  });

  it('holds back what comes while a statement is being prepared, and closes old ones for new ones', async () => {
    const session = await shared({ preparedStatements: 3 });
    const log: unknown[] = [];
    const one = (n: number): Promise<RawResult> =>
      submit(session, { text: `SELECT ${n % 7} + ? AS n`, params: [n] }, log, n);
    const results = await Promise.all(Array.from({ length: 100 }, (_, n) => one(n)));
    expect(results.map(({ rows }) => rows)).toEqual(results.map((_, n) => [{ n: (n % 7) + n }]));
    expect(log).toEqual(results.map((_, n) => n));
    // The server holds no more than it should.
    const { rows } = await submit(session, {
      text: `SHOW SESSION STATUS LIKE 'Com_stmt_%'`,
      rowMode: 'array',
    });
    const counts = Object.fromEntries(rows as [string, string][]);
    expect(Number(counts.Com_stmt_prepare) - Number(counts.Com_stmt_close)).toBe(3);
  });

  it('is given up when an answer cannot be read: nobody gets rows of a neighbour', async () => {
    const session = await shared({
      types: {
        typeCast: (field, next) => {
          if (field.name === 'bad') throw new Error('no such value');
          return next();
        },
      },
    });
    const first = submit(session, { text: BY_N, params: [1] });
    const bad = submit(session, { text: 'SELECT n AS bad FROM numbers ORDER BY n LIMIT 5' });
    const behind = submit(session, { text: BY_N, params: [2] });
    const settled = await Promise.allSettled([first, bad, behind]);
    // The one before has its own rows, unless it was told of the loss first.
    expect([[{ n: 1 }], 'SQL_SESSION_LOST']).toContainEqual(outcomeOf(settled[0]));
    const reasons = settled.slice(1).map((one) => (one as PromiseRejectedResult).reason as Error);
    for (const reason of reasons) expect(reason).toMatchObject({ code: 'SQL_SESSION_LOST' });
    expect(reasons[0]).not.toBe(reasons[1]);
    expect(session.state).toBe('broken');
  });

  it('cancels the one that runs and no other', async () => {
    const session = await shared();
    const watcher = await servers.open(servers.primary);
    const text = 'SELECT sleep(30) /* pipe */';
    const sleeping = Promise.allSettled([submit(session, { text })]);
    const behind = submit(session, { text: BY_N, params: [4] });
    await until(async () => (await running(watcher, text)) === 1);
    await session.cancel();
    // MariaDB ends `sleep` with an error, MySQL with a row.
    await sleeping;
    expect((await behind).rows).toEqual([{ n: 4 }]);
    expect(session.state).toBe('idle');
  });

  it('is not reset while statements run, but given up', async () => {
    const session = await shared();
    const sleeping = submit(session, { text: 'SELECT sleep(30)' });
    sleeping.catch(() => {});
    await expect(session.reset()).rejects.toMatchObject({ code: 'SQL_RESET_FAILED' });
    await expect(sleeping).rejects.toMatchObject({ code: 'SQL_SESSION_LOST' });
  });

  it('leaves nobody waiting when it says goodbye', async () => {
    const session = await shared();
    await submit(session, { text: BY_N, params: [8] });
    const all = Promise.allSettled([
      submit(session, { text: BY_N, params: [9] }),
      // Not sent before the goodbye, since it has yet to be prepared.
      submit(session, { text: 'SELECT ? + 7 AS n', params: [1] }),
      submit(session, { text: BY_N, params: [10] }),
    ]);
    await session.close();
    const settled = await all;
    for (const [at, n] of [9, 8, 10].entries()) {
      expect([[{ n }], 'SQL_SESSION_LOST']).toContainEqual(outcomeOf(settled[at]!));
    }
  });
});

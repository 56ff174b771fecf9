import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RawResult, Statement } from '@nest-pooling/sql';
import { LIMIT_MS, Servers, value } from './servers.fixture.js';
import type { MysqlSession } from './session.js';

let servers: Servers;

beforeAll(async () => {
  servers = await Servers.start();
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

function submit(session: MysqlSession, statement: Statement): Promise<RawResult> {
  return new Promise((resolve, reject) => session.submit(statement, { answered: resolve, failed: reject }));
}

/** How often a session has had its server prepare something, in vain as well: each `PREPARE` is one by itself. */
const prepares = async (session: MysqlSession): Promise<number> =>
  Number(
    await value(
      session,
      "SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Com_stmt_prepare'",
    ),
  );

describe('a statement that the server does not prepare', () => {
  const named: Statement = { text: "PREPARE one FROM 'SELECT 1 AS a'", name: 'one' };

  it('runs as a text on a shared session, and that is remembered', async () => {
    const session = await servers.open(servers.primary);
    await session.share();
    await submit(session, named);
    const before = await prepares(session);
    const [, , answer] = await Promise.all([
      submit(session, named),
      submit(session, named),
      submit(session, { text: 'EXECUTE one' }),
    ]);
    expect(answer.rows).toEqual([{ a: 1 }]);
    expect(await prepares(session)).toBe(before + 2);
  });

  it('runs in its place among the others, with its values put in', async () => {
    const session = await servers.open(servers.primary);
    const log = await Promise.all([
      submit(session, { text: 'SELECT ? AS n', params: [1] }),
      submit(session, { text: 'PREPARE two FROM ?', params: ["SELECT 'it''s' AS a"] }),
      submit(session, { text: 'EXECUTE two' }),
      submit(session, { text: 'SELECT ? AS n', params: [2] }),
    ]);
    expect(log.map(({ rows }) => rows)).toEqual([[{ n: 1 }], [], [{ a: "it's" }], [{ n: 2 }]]);
  });

  it('is known to all sessions of a driver, shared or not', async () => {
    const session = await servers.open(servers.primary);
    await session.execute(named);
    const before = await prepares(session);
    await submit(session, named);
    await session.execute(named);
    expect(await prepares(session)).toBe(before + 2);
    expect((await session.execute({ text: 'EXECUTE one' })).rows).toEqual([{ a: 1 }]);
  });

  it('is refused with values where they cannot be put in safely', async () => {
    const session = await servers.open(servers.primary, 'write', {
      settings: { sql_mode: 'NO_BACKSLASH_ESCAPES' },
    });
    const refused = submit(session, { text: 'PREPARE two FROM ?', params: ['SELECT 2'] });
    await expect(refused).rejects.toMatchObject({ code: 'SQL_PARAMETERS_INVALID' });
    expect((await submit(session, { text: 'SELECT ? AS n', params: [3] })).rows).toEqual([{ n: 3 }]);
  });
});

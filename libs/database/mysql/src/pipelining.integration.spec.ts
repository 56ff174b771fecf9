import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import type { RawResult, SqlPool, Statement } from '@nest-pooling/sql';
import { mysql } from './definition.js';
import { SessionLostError } from './errors.js';
import { LIMIT_MS, running, Servers, until, value } from './servers.fixture.js';
import type { MysqlSession } from './session.js';

let servers: Servers;
let primary: Servers['primary'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

function submit(session: MysqlSession, statement: Statement): Promise<RawResult> {
  return new Promise((answered, failed) => session.submit(statement, { answered, failed }));
}

const numbers = (n: number): Statement => ({ text: 'SELECT n FROM numbers WHERE n = ?', params: [n] });

describe('statements that are sent one behind the other', () => {
  it('run in that order, and each fails for itself', async () => {
    const session = await servers.open(primary, 'read');
    await session.share();
    const order: number[] = [];
    const statements: Statement[] = [
      { text: 'SELECT 1 AS a' },
      numbers(2),
      { text: 'SELECT * FROM nowhere' },
      { text: 'SELECT n FROM nowhere WHERE n = ?', params: [1] },
      numbers(5),
      { text: 'SELECT ?', params: [[1]] },
      { ...numbers(7), rowMode: 'array' },
      { text: 'SELECT 8 AS a', rowMode: 'array' },
      { text: `INSERT INTO notes (body) VALUES ('w')` },
      numbers(1),
    ];
    const settled = await Promise.allSettled(
      statements.map((one, at) => submit(session, one).finally(() => order.push(at))),
    );
    const said = settled.map((one) =>
      one.status === 'fulfilled'
        ? one.value.rows[0]
        : ((one.reason as { errno?: number }).errno ?? 'refused'),
    );
    expect(said).toEqual([{ a: 1 }, { n: 2 }, 1146, 1146, { n: 5 }, 'refused', [7], [8], 1792, { n: 1 }]);
    // What cannot be sent is told without waiting for a turn.
    expect(order.filter((at) => at !== 5)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
    expect(session.state).toBe('idle');
    expect(await value(session, 'SELECT 5')).toBe(5);
  });

  it('leave in one write', async () => {
    const session = await servers.open(primary, 'read');
    await session.share();
    await submit(session, numbers(1));
    const { stream } = session.client as unknown as { stream: { write(...args: unknown[]): boolean } };
    const write = stream.write.bind(stream);
    let writes = 0;
    stream.write = (...args) => {
      writes++;
      return write(...args);
    };
    const many = Array.from({ length: 100 }, (_, at) => submit(session, numbers(at + 1)));
    const rows = (await Promise.all(many)).map((result) => result.rows[0]);
    expect(rows).toEqual(Array.from({ length: 100 }, (_, at) => ({ n: at + 1 })));
    expect(writes).toBe(1);
  });

  it('survive that the server has forgotten what it had prepared', async () => {
    const session = await servers.open(primary, 'read');
    await session.share();
    await submit(session, numbers(1));
    await new Promise((resolve) => session.client.reset(resolve));
    const rows = await Promise.all([2, 3, 4].map((n) => submit(session, numbers(n))));
    expect(rows.map((result) => result.rows[0])).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }]);
  });

  it('are rejected each by an error of its own when the session is destroyed, and when it is killed', async () => {
    for (const end of ['destroy', 'kill'] as const) {
      const [session, watcher] = await Promise.all([servers.open(primary, 'read'), servers.open(primary)]);
      await session.share();
      const id = await value(session, 'SELECT connection_id()');
      const text = `SELECT SLEEP(60), '${end}'`;
      const sent = [{ text }, numbers(1), { text: 'SELECT 1' }].map((one) => submit(session, one));
      const settled = Promise.allSettled(sent);
      await until(async () => (await running(watcher, text)) === 1);
      if (end === 'destroy') session.destroy();
      else await watcher.execute({ text: `KILL CONNECTION ${String(id)}` });
      const reasons = (await settled).map((one) => (one as PromiseRejectedResult).reason as Error);
      expect(new Set(reasons).size).toBe(3);
      for (const reason of reasons.slice(1)) expect(reason).toBeInstanceOf(SessionLostError);
      expect(session.state).toBe('broken');
    }
  });
});

describe('a pool whose reads share sessions', () => {
  it('gives each its own answer while some are cancelled, fail, and are killed', async () => {
    const opened = mysql({ primary: { url: primary.url }, pool: { max: 4 } }).open('shop', systemEnv);
    const pool = opened as unknown as SqlPool & Managed;
    await pool.start();
    const admin = await servers.open(primary);
    const read = async (n: number): Promise<void> => {
      const { rows } = await pool.query<{ n: number }>('SELECT n FROM numbers WHERE n = ?', [n]);
      expect(rows).toEqual([{ n }]);
    };
    const slow = async (n: number): Promise<string> =>
      pool.query('SELECT SLEEP(10), n FROM numbers WHERE n = ?', [n], { timeoutMs: 30 }).then(
        () => 'answered',
        (error: { code: string }) => error.code,
      );
    const ends: string[] = [];
    const work = Array.from({ length: 40 }, async (_, worker) => {
      for (let turn = 0; turn < 25; turn++) {
        const n = 1 + ((worker * 25 + turn) % 10_000);
        if (turn % 12 === 5) ends.push(await slow(n));
        else await read(n);
      }
    });
    await Promise.all(work);
    expect(ends).toHaveLength(80);
    for (const end of ends) expect(end).toMatch(/^(SQL|POOL)_TIMEOUT$/);
    // Now connections are killed beneath it: such a read is lost or run again, and none has a wrong answer.
    const lost: unknown[] = [];
    const again = Promise.all(
      Array.from({ length: 400 }, (_, at) =>
        read(at + 1).catch((error: { code?: string }) => lost.push(error.code)),
      ),
    );
    const { rows } = await admin.execute({
      text: 'SELECT id FROM information_schema.processlist WHERE user = current_user() OR id <> connection_id()',
    });
    for (const { id } of rows as { id: number }[]) {
      if (id === admin.client.threadId) continue;
      await admin.execute({ text: `KILL CONNECTION ${id}` }).catch(() => {});
    }
    await again;
    expect(lost.every((code) => code === 'SQL_CONNECTION_LOST')).toBe(true);
    await read(1);
    await pool.drain();
    await pool.close();
  }, 60_000);
});

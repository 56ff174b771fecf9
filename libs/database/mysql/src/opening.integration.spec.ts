import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { LIMIT_MS, Servers, value } from './servers.fixture.js';
import type { MysqlSession } from './session.js';

let servers: Servers;
let primary: Servers['primary'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('opening and resetting', () => {
  it('sends its settings along, on the read lane read-only among them', async () => {
    const session = await servers.open(primary, 'read', {
      settings: { sql_mode: 'ANSI', group_concat_max_len: '77' },
    });
    const all = `SELECT @@max_statement_time, @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@time_zone, @@sql_mode,
      @@group_concat_max_len, @@character_set_client, @@collation_connection`;
    const wanted = [
      60,
      10,
      10,
      '+00:00',
      expect.stringContaining('ANSI'),
      77,
      'utf8mb4',
      'utf8mb4_unicode_ci',
    ];
    const write = { text: 'INSERT INTO notes (body) VALUES (1)' };
    const check = async (): Promise<void> => {
      expect((await session.execute({ text: all, rowMode: 'array' })).rows).toEqual([wanted]);
      await expect(session.execute(write)).rejects.toMatchObject({ errno: 1792 });
    };
    await check();
    await session.execute({ text: `SET max_statement_time = 1, sql_mode = '', @x = 1, NAMES latin1` });
    await session.execute({ text: 'SET SESSION TRANSACTION READ WRITE' });
    await session.reset();
    await check();
    expect(await value(session, 'SELECT @x')).toBeNull();
  });

  it('case 32: setup runs once per connection, and what it set survives a reset', async () => {
    const onConnect = jest.fn(async (session: MysqlSession) => {
      await session.execute({ text: `SET @tenant = 'blue'` });
    });
    const session = await servers.open(primary, 'write', { onConnect });
    expect(await value(session, 'SELECT @tenant')).toBe('blue');
    expect(onConnect).toHaveBeenCalledTimes(1);
    await session.execute({ text: `SET @tenant = 'red'` });
    await session.execute({ text: `SELECT GET_LOCK('mine', 0)` });
    await session.execute({ text: 'CREATE TEMPORARY TABLE mine (a int)' });
    await session.execute({ text: 'BEGIN' });
    await session.reset();
    expect(session.state).toBe('idle');
    expect(await value(session, 'SELECT @tenant')).toBe('blue');
    expect(await value(session, `SELECT IS_USED_LOCK('mine')`)).toBeNull();
    await expect(session.execute({ text: 'SELECT * FROM mine' })).rejects.toMatchObject({ errno: 1146 });
  });

  it('case 26: a setup that leaves a transaction open fails the connect', async () => {
    const opening = servers.open(primary, 'write', {
      onConnect: async (session) => void (await session.execute({ text: 'BEGIN' })),
    });
    await expect(opening).rejects.toMatchObject({ code: 'SQL_SETUP_FAILED' });
  });
});

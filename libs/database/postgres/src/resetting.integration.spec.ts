import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ResetFailedError, SessionLostError } from './errors.js';
import { COUNT_PID, LIMIT_MS, Servers, until, value } from './servers.fixture.js';

let servers: Servers;
let primary: Servers['primary'];
let replica: Servers['replica'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary, replica } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('resetting', () => {
  it.each(['write', 'read'] as const)('clears what a borrower left on the %s lane', async (lane) => {
    for (const node of [primary, replica]) {
      const session = await servers.open(node, lane);
      await session.execute({ text: 'SELECT 1', name: 'kept' });
      await session.execute({ text: "SET statement_timeout = 1234; SET app.x = 'y'" });
      await session.execute({ text: 'SELECT pg_advisory_lock(1, 2)' });
      await session.execute({ text: 'BEGIN; DECLARE c CURSOR FOR SELECT 1' });
      await session.reset();
      expect(session.state).toBe('idle');
      expect(await value(session, `SELECT current_setting('statement_timeout')`)).toBe('1min');
      expect(await value(session, `SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory'`)).toBe(0);
      expect(await value(session, 'SELECT count(*)::int FROM pg_cursors')).toBe(0);
      // pg remembers that it has prepared this name, and must still be right.
      await expect(session.execute({ text: 'SELECT 1', name: 'kept' })).resolves.toMatchObject({
        rowCount: 1,
      });
    }
  });

  it('drops temporary tables, subscriptions and the memory of sequences', async () => {
    const session = await servers.open(primary);
    await session.execute({ text: 'CREATE TEMP TABLE mine (a int); LISTEN news' });
    await session.execute({ text: "SELECT nextval('notes_id_seq')" });
    await session.reset();
    await expect(session.execute({ text: 'SELECT * FROM mine' })).rejects.toMatchObject({ code: '42P01' });
    await expect(session.execute({ text: 'SELECT lastval()' })).rejects.toMatchObject({ code: '55000' });
    expect(await value(session, 'SELECT count(*)::int FROM pg_listening_channels()')).toBe(0);
  });

  it('rolls back what an unawaited statement has begun', async () => {
    const session = await servers.open(primary);
    const begun = session.execute({ text: 'BEGIN' });
    expect(session.state).toBe('idle');
    await session.reset();
    await begun;
    expect(session.state).toBe('idle');
  });

  it('case 21: a rollback that fails on return loses the connection, never lends it', async () => {
    const [session, admin] = await Promise.all([servers.open(primary), servers.open(primary)]);
    await session.execute({ text: 'BEGIN' });
    const pid = await value(session, 'SELECT pg_backend_pid()');
    const onLost = jest.fn();
    session.onLost = onLost;
    await primary.freeze();
    const resetting = session.reset();
    session.client.connection.stream.destroy();
    await expect(resetting).rejects.toThrow(ResetFailedError);
    expect(session.state).toBe('broken');
    await expect(session.execute({ text: 'SELECT 1' })).rejects.toThrow(SessionLostError);
    expect(onLost).not.toHaveBeenCalled();
    await primary.thaw();
    await until(async () => (await value(admin, COUNT_PID, [pid])) === 0);
  });

  it('case 21: a reset that fails while the connection is well gives the session up, too', async () => {
    let runs = 0;
    const session = await servers.open(primary, 'write', {
      onConnect: async (opened) => {
        if (++runs > 1) await opened.execute({ text: 'SELECT no_such_column' });
      },
    });
    await session.execute({ text: 'BEGIN' });
    const resetting = session.reset();
    await expect(resetting).rejects.toThrow(ResetFailedError);
    await expect(resetting).rejects.toMatchObject({ cause: { code: '42703' } });
    expect(session.state).toBe('broken');
  });

  it('gives up a session that is in a transaction after all', async () => {
    let runs = 0;
    const session = await servers.open(primary, 'write', {
      onConnect: async (opened) => {
        if (++runs > 1) await opened.execute({ text: 'BEGIN' });
      },
    });
    await expect(session.reset()).rejects.toThrow(/its transaction is 'in-transaction' afterwards/);
    expect(session.state).toBe('broken');
  });
});

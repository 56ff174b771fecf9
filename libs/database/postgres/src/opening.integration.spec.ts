import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Problems, systemEnv } from '@nest-pooling/core';
import { PostgresDriver } from './driver.js';
import { LIMIT_MS, Servers, until, value } from './servers.fixture.js';
import type { PostgresSession } from './session.js';
import { postgresTarget } from './target.js';

let servers: Servers;
let primary: Servers['primary'];
let replica: Servers['replica'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary, replica } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('opening', () => {
  it('reads what answers: the same system, the same timeline, the role of each', async () => {
    const [a, b] = await Promise.all([servers.open(primary), servers.open(replica)]);
    expect(a.identity).toMatchObject({ role: 'primary', timeline: 1 });
    expect(b.identity).toMatchObject({ role: 'replica', timeline: 1 });
    expect(a.identity.systemId).toMatch(/^\d{15,}$/);
    expect(b.identity.systemId).toBe(a.identity.systemId);
    expect(a.identity.version).toMatch(/^\d+/);
    expect(a.state).toBe('idle');
  });

  it('reads the role also for users who may know nothing more', async () => {
    const admin = await servers.open(primary);
    await admin.execute({ text: 'REVOKE EXECUTE ON FUNCTION pg_control_system() FROM public' });
    await servers.cluster.waitForReplication();
    const session = await servers.open(replica, 'probe', {}, { user: 'plain' });
    expect(session.identity).toMatchObject({ role: 'replica', systemId: '', timeline: 0 });
    await expect(session.probe()).resolves.toMatchObject({ role: 'replica', streaming: true });
    await admin.execute({ text: 'GRANT EXECUTE ON FUNCTION pg_control_system() TO public' });
    await servers.cluster.waitForReplication();
    const again = await servers.open(replica, 'probe', {}, { user: 'plain' });
    expect(again.identity).toMatchObject({ role: 'replica', systemId: admin.identity.systemId, timeline: 1 });
    await expect(again.probe()).resolves.toMatchObject({ streaming: true, lagMs: 0 });
  });

  it('rejects by the signal when the server is frozen, and leaves no socket behind', async () => {
    await primary.freeze();
    const abort = new AbortController();
    const target = postgresTarget('test.frozen', { url: primary.url }, new Problems())!;
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
    const before = sockets();
    const opening = new PostgresDriver().connect(target, 'write', systemEnv, abort.signal);
    opening.catch(() => {});
    await until(async () => sockets() > before);
    const reason = new Error('too slow');
    abort.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await until(async () => sockets() === before);
    await primary.thaw();
  });

  it('rejects with what the server or the socket said', async () => {
    const driver = new PostgresDriver();
    const { signal } = new AbortController();
    const connect = (url: string): Promise<unknown> =>
      driver.connect(postgresTarget('n', { url }, new Problems())!, 'write', systemEnv, signal);
    const during = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;
    const missing = await connect(primary.urlOf('nowhere')).catch((error: unknown) => error);
    expect(driver.fault(missing, during)).toMatchObject({
      sqlState: '3D000',
      scope: 'node',
      outcome: 'not-sent',
    });
    const refused = await connect('postgres://a@127.0.0.1:1/b').catch((error: unknown) => error);
    expect(driver.fault(refused, during)).toMatchObject({ category: 'connection', scope: 'node' });
  });

  it('sends its settings along, on the read lane read-only among them', async () => {
    const session = await servers.open(primary, 'read', {
      settings: { search_path: 'public, "odd name\\x"' },
    });
    const show = (name: string): Promise<unknown> => value(session, `SELECT current_setting('${name}')`);
    expect(await show('statement_timeout')).toBe('1min');
    expect(await show('lock_timeout')).toBe('10s');
    expect(await show('TimeZone')).toBe('UTC');
    expect(await show('search_path')).toBe('public, "odd name\\x"');
    expect(await show('application_name')).toBe('nest-pooling test.primary read');
    await expect(session.execute({ text: 'INSERT INTO notes DEFAULT VALUES' })).rejects.toMatchObject({
      code: '25006',
    });
    expect(session.state).toBe('idle');
  });

  it('sets them by statement behind a proxy that keeps the server, also after a reset', async () => {
    const session = await servers.open(
      primary,
      'read',
      { settings: { search_path: "it's, \\x" } },
      { proxied: 'session' },
    );
    const check = async (): Promise<void> => {
      expect(await value(session, `SELECT current_setting('search_path')`)).toBe("it's, \\x");
      expect(await value(session, `SELECT current_setting('default_transaction_read_only')`)).toBe('on');
    };
    await check();
    expect(session.identity.role).toBe('primary');
    await session.execute({ text: 'SET search_path = nowhere' });
    await session.reset();
    await check();
  });

  it('case 32: setup runs once per connection, and what it set survives a reset', async () => {
    const onConnect = jest.fn(async (session: PostgresSession) => {
      await session.execute({ text: "SET work_mem = '7MB'" });
    });
    const session = await servers.open(primary, 'write', { onConnect, settings: { 'app.tenant': 'blue' } });
    const both = async (): Promise<unknown[]> => [
      await value(session, `SELECT current_setting('work_mem')`),
      await value(session, `SELECT current_setting('app.tenant')`),
    ];
    for (let borrowed = 0; borrowed < 5; borrowed++) expect(await both()).toEqual(['7MB', 'blue']);
    expect(onConnect).toHaveBeenCalledTimes(1);
    await session.execute({ text: "SET work_mem = '1MB'; SET app.tenant = 'red'" });
    await session.reset();
    expect(await both()).toEqual(['7MB', 'blue']);
  });

  it('case 26: a setup that leaves a transaction open fails the connect', async () => {
    const opening = servers.open(primary, 'write', {
      onConnect: async (session) => void (await session.execute({ text: 'BEGIN' })),
    });
    await expect(opening).rejects.toMatchObject({ code: 'SQL_SETUP_FAILED' });
  });
});

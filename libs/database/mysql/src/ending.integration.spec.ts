import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Problems, systemEnv } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { MysqlDriver } from './driver.js';
import { CancelFailedError, SessionLostError } from './errors.js';
import { LIMIT_MS, running, Servers, until, value } from './servers.fixture.js';
import { mysqlTarget } from './target.js';

let servers: Servers;
let primary: Servers['primary'];
const driver = new MysqlDriver();
const unsent = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('ending', () => {
  it('cancels a running statement on the server', async () => {
    const [session, watcher] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const text = 'SELECT count(*) FROM numbers a, numbers b, numbers c';
    const run = session.execute({ text });
    run.catch(() => {});
    await until(async () => (await running(watcher, text)) === 1);
    await session.cancel();
    await expect(run).rejects.toMatchObject({ errno: 1317 });
    expect(driver.fault(await run.catch((error: unknown) => error), { ...unsent, sent: true })).toMatchObject(
      {
        category: 'cancelled',
        scope: 'statement',
        outcome: 'rolled-back',
      },
    );
    expect(session.state).toBe('idle');
    expect(await value(session, 'SELECT 3')).toBe(3);
  });

  it('the server itself ends what runs for too long', async () => {
    const session = await servers.open(primary, 'write', { statementTimeoutMs: 50, lockTimeoutMs: 1_000 });
    const error: unknown = await session
      .execute({ text: 'SELECT count(*) FROM numbers a, numbers b, numbers c' })
      .catch((one: unknown) => one);
    expect(driver.fault(error, { ...unsent, sent: true })).toMatchObject({
      category: 'timeout',
      scope: 'statement',
      kind: 'statement-timeout',
    });
    expect(session.state).toBe('idle');
  });

  it('a destroyed session settles its statement at once, though the server is frozen', async () => {
    const [session, watcher] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const text = 'SELECT SLEEP(61)';
    const run = session.execute({ text });
    const settled = Promise.allSettled([run]);
    await until(async () => (await running(watcher, text)) === 1);
    await primary.freeze();
    session.destroy();
    session.destroy();
    const turn = new Promise((resolve) => setImmediate(resolve, 'a turn later'));
    expect(await Promise.race([settled, turn])).not.toBe('a turn later');
    await expect(run).rejects.toThrow(SessionLostError);
    expect(session.state).toBe('broken');
    await session.close();
    await primary.thaw();
  });

  it('closes: the server lets go before it settles, also twice and with a statement in flight', async () => {
    const [session, watcher] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const id = await value(session, 'SELECT connection_id()');
    const last = session.execute({ text: 'SELECT 3 AS last' });
    await Promise.all([session.close(), session.close()]);
    expect((await last).rows).toEqual([{ last: 3 }]);
    expect(session.state).toBe('broken');
    const count = 'SELECT count(*) FROM information_schema.processlist WHERE id = ?';
    await until(async () => (await value(watcher, count, [id])) === 0);
    await expect(session.execute({ text: 'SELECT 1' })).rejects.toThrow(SessionLostError);
  });
});

describe('a frozen server', () => {
  it('is waited for within a limit by close, then the socket is cut', async () => {
    const env = new VirtualEnv();
    const session = await servers.open(primary, 'write', {}, { env });
    await primary.freeze();
    let closed = false;
    const closing = session.close().then(() => (closed = true));
    await env.advance(4_999);
    expect(closed).toBe(false);
    expect(session.state).toBe('broken');
    await env.advance(1);
    await closing;
    expect(env.pendingTimers).toBe(0);
    await primary.thaw();
  });

  it('is asked to cancel within a limit', async () => {
    const env = new VirtualEnv();
    const session = await servers.open(primary, 'write', {}, { env });
    await primary.freeze();
    const cancelling = session.cancel();
    cancelling.catch(() => {});
    await env.advance(2_000);
    await expect(cancelling).rejects.toThrow(CancelFailedError);
    expect(env.pendingTimers).toBe(0);
    await primary.thaw();
    expect(session.state).toBe('idle');
  });

  it('rejects a connect by the signal, and leaves no socket behind', async () => {
    await primary.freeze();
    const abort = new AbortController();
    let asked = (): void => {};
    const opened = new Promise<void>((resolve) => (asked = resolve));
    const { hostname, port } = new URL(primary.url);
    const target = mysqlTarget(
      'test.frozen',
      {
        host: hostname,
        port: Number(port),
        user: 'app',
        password: () => {
          asked();
          return 'x';
        },
      },
      new Problems(),
    )!;
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
    const before = sockets();
    const opening = driver.connect(target, 'write', systemEnv, abort.signal);
    opening.catch(() => {});
    await opened;
    await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error('too slow');
    abort.abort(reason);
    await expect(opening).rejects.toBe(reason);
    await until(async () => sockets() <= before);
    await primary.thaw();
  });
});

describe('connecting', () => {
  const connect = (url: string): Promise<unknown> =>
    driver
      .connect(mysqlTarget('n', { url }, new Problems())!, 'write', systemEnv, new AbortController().signal)
      .catch((error: unknown) => error);

  it('rejects with what the server or the socket said', async () => {
    const database = await connect(primary.urlOf('nowhere'));
    expect(driver.fault(database, unsent)).toMatchObject({ scope: 'node', outcome: 'not-sent' });
    const refused = await connect('mysql://a@127.0.0.1:1/b');
    expect(driver.fault(refused, unsent)).toMatchObject({ category: 'connection', scope: 'node' });
    const password = new URL(primary.url);
    password.password = 'wrong-secret';
    const login = await connect(password.href);
    expect(driver.fault(login, unsent)).toMatchObject({
      category: 'auth',
      scope: 'node',
      kind: 'authentication-failed',
      sqlState: '28000',
    });
    expect((login as Error).message).not.toContain('wrong-secret');
  });

  it('asks for credentials once more when the server refuses them', async () => {
    const url = new URL(primary.url);
    const { password, username, hostname, port } = url;
    const asked: boolean[] = [];
    const target = mysqlTarget(
      'n',
      {
        host: hostname,
        port: Number(port),
        user: username,
        password: ({ refused }) => {
          asked.push(refused);
          return refused ? decodeURIComponent(password) : 'old';
        },
      },
      new Problems(),
    )!;
    const session = await driver.connect(target, 'write', systemEnv, new AbortController().signal);
    expect(asked).toEqual([false, true]);
    await session.close();
  });
});

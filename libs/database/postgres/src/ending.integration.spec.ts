import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { CancelFailedError, SessionLostError } from './errors.js';
import { COUNT_PID, isRunning, LIMIT_MS, Servers, until, value } from './servers.fixture.js';

let servers: Servers;
let primary: Servers['primary'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('ending', () => {
  it('cancels a running statement on the server', async () => {
    const [session, watcher] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const text = 'SELECT pg_sleep(60)';
    const running = session.execute({ text });
    running.catch(() => {});
    await until(() => isRunning(watcher, text));
    await session.cancel();
    await expect(running).rejects.toMatchObject({ code: '57014' });
    expect(session.state).toBe('idle');
  });

  it('a destroyed session settles its statements at once, though the server is frozen', async () => {
    const [session, watcher] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const text = 'SELECT pg_sleep(61)';
    const running = [session.execute({ text }), session.execute({ text: 'SELECT 1' })];
    const settled = Promise.allSettled(running);
    await until(() => isRunning(watcher, text));
    await primary.freeze();
    session.destroy();
    session.destroy();
    const turn = new Promise((resolve) => setImmediate(resolve, 'a turn later'));
    expect(await Promise.race([settled, turn])).not.toBe('a turn later');
    const errors = (await settled).map((one) => (one as PromiseRejectedResult).reason as Error);
    expect(errors.map((error) => error.name)).toEqual(['SessionLostError', 'SessionLostError']);
    expect(errors[0]).not.toBe(errors[1]);
    expect(session.state).toBe('broken');
    await session.close();
    await primary.thaw();
  });

  it('closes: the server lets go before it settles, also twice and with a statement in flight', async () => {
    const [session, watcher] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const pid = await value(session, 'SELECT pg_backend_pid()');
    const last = value(session, 'SELECT 3');
    await Promise.all([session.close(), session.close()]);
    expect(await last).toBe(3);
    expect(session.client.connection.stream.destroyed).toBe(true);
    expect(session.state).toBe('broken');
    await until(async () => (await value(watcher, COUNT_PID, [pid])) === 0);
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
    expect(session.client.connection.stream.destroyed).toBe(true);
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
});

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { Fault } from '@nest-pooling/sql';
import { PostgresDriver } from './driver.js';
import { RoleChangedError, SessionLostError } from './errors.js';
import { isRunning, LIMIT_MS, Servers, until, value } from './servers.fixture.js';

let servers: Servers;
let primary: Servers['primary'];
let replica: Servers['replica'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary, replica } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('a server that dies', () => {
  it(
    'is told once to the owner of an idle session, and rejects what runs; nothing crashes',
    async () => {
      const [idle, busy] = await Promise.all([servers.open(replica, 'read'), servers.open(replica, 'read')]);
      const driver = new PostgresDriver();
      const lost: Fault[] = [];
      const told = new Promise<void>((resolve) => {
        idle.onLost = (fault) => {
          lost.push(fault);
          resolve();
        };
      });
      const busyLost = jest.fn();
      busy.onLost = busyLost;
      const running = [busy.execute({ text: 'SELECT pg_sleep(62)' }), busy.execute({ text: 'SELECT 2' })];
      const settled = Promise.allSettled(running);
      const watcher = await servers.open(replica);
      await until(() => isRunning(watcher, 'SELECT pg_sleep(62)'));
      await replica.kill();
      const reasons = (await settled).map((one) => (one as PromiseRejectedResult).reason as unknown);
      await told;
      const during = { lane: 'read', role: 'replica', sent: true, committing: false } as const;
      expect(reasons.map((reason) => driver.fault(reason, during))).toMatchObject([
        { category: 'connection', scope: 'node', outcome: 'rolled-back' },
        { category: 'connection', scope: 'node', outcome: 'rolled-back' },
      ]);
      expect(reasons[0]).not.toBe(reasons[1]);
      expect(lost).toMatchObject([{ category: 'connection', scope: 'node', outcome: 'not-sent' }]);
      expect(busyLost).not.toHaveBeenCalled();
      expect([idle.state, busy.state]).toEqual(['broken', 'broken']);
      await replica.start();
    },
    LIMIT_MS,
  );

  it('says so by SQLSTATE when it is shut down in an orderly way', async () => {
    const [session, admin] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const faults: Fault[] = [];
    const told = new Promise<void>((resolve) => {
      session.onLost = (fault) => {
        faults.push(fault);
        resolve();
      };
    });
    const pid = await value(session, 'SELECT pg_backend_pid()');
    await admin.execute({ text: 'SELECT pg_terminate_backend($1)', params: [pid] });
    await told;
    expect(faults).toMatchObject([{ category: 'connection', scope: 'node' }]);
    expect((faults[0]!.cause as SessionLostError).cause).toMatchObject({ code: '57P01' });
    expect(session.state).toBe('broken');
  });
});

// Last, since the cluster is another one afterwards.
describe('a replica that is promoted', () => {
  it('has no position for a session that was opened before, and a new history for new ones', async () => {
    const old = await servers.open(replica, 'read');
    const before = await old.position();
    await replica.promote();
    await expect(old.position()).rejects.toThrow(RoleChangedError);
    await expect(old.probe()).resolves.toMatchObject({ role: 'primary', timeline: 2 });
    const session = await servers.open(replica);
    expect(session.identity).toMatchObject({ role: 'primary', timeline: 2, systemId: old.identity.systemId });
    expect(new PostgresDriver().compare(await session.position(), before)).toBe('incomparable');
  });
});

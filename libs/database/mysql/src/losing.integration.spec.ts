import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fault } from '@nest-pooling/sql';
import { MysqlDriver } from './driver.js';
import { RoleChangedError } from './errors.js';
import { LIMIT_MS, running, Servers, until, value } from './servers.fixture.js';

let servers: Servers;
let primary: Servers['primary'];
let replica: Servers['replica'];
const driver = new MysqlDriver();
const unsent = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary, replica } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('a server that is lost', () => {
  it(
    'is told once to the owner of an idle session, and rejects what runs; nothing crashes',
    async () => {
      const [idle, busy, watcher] = await Promise.all([
        servers.open(replica, 'read'),
        servers.open(replica, 'read'),
        servers.open(replica),
      ]);
      const lost: Fault[] = [];
      const told = new Promise<void>((resolve) => {
        idle.onLost = (fault) => {
          lost.push(fault);
          resolve();
        };
      });
      const run = busy.execute({ text: 'SELECT SLEEP(62)' }).catch((error: unknown) => error);
      await until(async () => (await running(watcher, 'SELECT SLEEP(62)')) === 1);
      await replica.kill();
      const during = { lane: 'read', role: 'replica', sent: true, committing: false } as const;
      expect(driver.fault(await run, during)).toMatchObject({
        category: 'connection',
        scope: 'node',
        outcome: 'rolled-back',
      });
      await told;
      expect(lost).toMatchObject([{ category: 'connection', scope: 'node', outcome: 'not-sent' }]);
      expect([idle.state, busy.state]).toEqual(['broken', 'broken']);
      await replica.start();
    },
    LIMIT_MS,
  );

  it('one connection that is killed by somebody', async () => {
    const [session, other] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const id = await value(session, 'SELECT connection_id()');
    const run = session.execute({ text: 'DO SLEEP(63)' }).catch((error: unknown) => error);
    await until(async () => (await running(other, 'DO SLEEP(63)')) === 1);
    await other.execute({ text: `KILL CONNECTION ${String(id)}` });
    const fault = driver.fault(await run, { ...unsent, sent: true });
    // The server may say so before it goes, or go without a word.
    expect(fault.category).toMatch(/^(connection|cancelled)$/);
    await until(async () => session.state === 'broken');
  });
});

describe('positions', () => {
  it('tell what a replica has reached, and its probe how far it is behind', async () => {
    const [write, read] = await Promise.all([servers.open(primary), servers.open(replica, 'read')]);
    expect(write.identity).toMatchObject({ role: 'primary', timeline: 0 });
    expect(read.identity).toMatchObject({ role: 'replica', systemId: write.identity.systemId });
    expect(write.identity.systemId).toMatch(/^mariadb-domain-\d+$/);
    await replica.pauseReplay();
    const before = await read.position();
    await write.execute({ text: `INSERT INTO notes (body) VALUES ('here')` });
    const after = await write.position();
    expect(driver.compare(before, after)).toBe('behind');
    expect(driver.compare(after, before)).toBe('reached');
    expect(await write.reached(after)).toBe(true);
    expect(await read.reached(after)).toBe(false);
    expect(await read.probe()).toMatchObject({ role: 'replica', streaming: false, lagMs: null });
    await replica.resumeReplay();
    await until(() => read.reached(after));
    await until(async () => (await read.probe()).lagMs === 0);
    expect(await read.probe()).toMatchObject({ role: 'replica', streaming: true });
    expect(await write.probe()).toMatchObject({ role: 'primary', streaming: true, lagMs: 0, at: after.at });
  });

  it('a replica refuses writes of a user, which says what it is', async () => {
    const session = await servers.open(replica);
    const error: unknown = await session
      .execute({ text: `INSERT INTO notes (body) VALUES ('there')` })
      .catch((one: unknown) => one);
    const during = { lane: 'write', role: 'replica', sent: true, committing: false } as const;
    expect(driver.fault(error, during)).toMatchObject({
      category: 'role',
      scope: 'statement',
      kind: 'read-only',
      outcome: 'rolled-back',
    });
    // On what was the primary the session is in doubt.
    expect(driver.fault(error, { ...during, role: 'primary' })).toMatchObject({ scope: 'session' });
  });
});

// Last, since the cluster is another one afterwards.
describe('a replica that is promoted', () => {
  it('has no position for a session that was opened before', async () => {
    const old = await servers.open(replica, 'read');
    await replica.promote();
    await expect(old.position()).rejects.toThrow(RoleChangedError);
    await expect(old.probe()).resolves.toMatchObject({ role: 'primary' });
    expect((await servers.open(replica)).identity).toMatchObject({ role: 'primary' });
  });
});

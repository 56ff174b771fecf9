import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Problems, systemEnv } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { Lane } from '@nest-pooling/sql';
import { postgres } from './definition.js';
import { PostgresDriver } from './driver.js';
import { direct, LIMIT_MS, running, until, value } from './servers.fixture.js';
import type { PostgresSession } from './session.js';
import type { TargetSessionAttrs } from './session-attrs.js';
import { postgresTarget } from './target.js';
import type { PostgresNodeOptions } from './target-options.js';

jest.setTimeout(LIMIT_MS);

let cluster: PostgresCluster;
let primary: string;
let standby: string;
/** Nobody listens there. */
const nobody = '127.0.0.1:1';
const opened: PostgresSession[] = [];

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 1, hba: ['host all app 127.0.0.1/32 scram-sha-256'] });
  primary = `127.0.0.1:${cluster.primary.port}`;
  standby = `127.0.0.1:${cluster.replicas[0]!.port}`;
  await direct(cluster.primary.url, "CREATE ROLE app LOGIN PASSWORD 'secret'");
}, LIMIT_MS);

afterAll(async () => {
  await Promise.all(opened.map((session) => session.close()));
  await cluster?.stop();
}, LIMIT_MS);

const node = (hosts: readonly string[], more: Partial<PostgresNodeOptions> = {}): PostgresNodeOptions => ({
  user: 'postgres',
  database: 'postgres',
  hosts,
  ...more,
});

async function open(
  options: PostgresNodeOptions,
  lane: Lane = 'write',
  driver = new PostgresDriver(),
): Promise<PostgresSession> {
  const target = postgresTarget('orders.primary', options, new Problems())!;
  const session = await driver.connect(target, lane, systemEnv, new AbortController().signal);
  opened.push(session);
  return session;
}

const portOf = async (session: PostgresSession): Promise<string> =>
  `127.0.0.1:${String(await value(session, "SELECT current_setting('port')"))}`;

describe('several hosts', () => {
  it.each<[TargetSessionAttrs, 'primary' | 'standby', Lane]>([
    ['any', 'standby', 'write'],
    ['read-write', 'primary', 'write'],
    ['read-write', 'primary', 'read'],
    ['read-only', 'standby', 'write'],
    ['read-only', 'standby', 'read'],
    ['primary', 'primary', 'write'],
    ['primary', 'primary', 'probe'],
    ['standby', 'standby', 'read'],
    ['prefer-standby', 'standby', 'read'],
  ])(
    '%s of a dead one, a standby and a primary is the %s, on the %s lane',
    async (targetSessionAttrs, expected, lane) => {
      const wanted = expected === 'primary' ? primary : standby;
      const onConnect = jest.fn(async () => {});
      for (const hosts of targetSessionAttrs === 'any'
        ? [[nobody, standby, primary]]
        : [
            [nobody, standby, primary],
            [primary, standby],
          ]) {
        const session = await open(
          node(hosts, { targetSessionAttrs }),
          lane,
          new PostgresDriver({ onConnect }),
        );
        expect(await portOf(session)).toBe(wanted);
      }
      // Those that did not fit were closed before anybody set them up.
      expect(onConnect.mock.calls.length).toBeLessThanOrEqual(2);
    },
  );

  it('prefers a standby, and takes another where there is none', async () => {
    expect(await portOf(await open(node([nobody, primary], { targetSessionAttrs: 'prefer-standby' })))).toBe(
      primary,
    );
  });

  it('knows a server that is read-only by its settings', async () => {
    await direct(cluster.primary.url, 'ALTER ROLE app SET default_transaction_read_only = on');
    const app = { user: 'app', password: 'secret' };
    await expect(open(node([primary], { ...app, targetSessionAttrs: 'read-write' }))).rejects.toMatchObject({
      code: 'SQL_NO_HOST',
      message: `orders.primary: no host can be used (${primary}: is a primary, and not read-write). Check hosts and targetSessionAttrs, and the servers.`,
    });
    expect(
      await portOf(await open(node([standby, primary], { ...app, targetSessionAttrs: 'read-only' }))),
    ).toBe(standby);
    await direct(cluster.primary.url, 'ALTER ROLE app RESET default_transaction_read_only');
  });

  it('says what is wrong with each, and what that means', async () => {
    const failing = open(node([nobody, standby], { targetSessionAttrs: 'read-write' }));
    await expect(failing).rejects.toThrow(
      `orders.primary: no host can be used (${nobody}: connect ECONNREFUSED ${nobody}; ${standby}: is a replica, and not read-write).`,
    );
    const error = await open(node([standby], { targetSessionAttrs: 'primary' })).catch(
      (thrown: unknown) => thrown,
    );
    const during = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;
    expect(new PostgresDriver().fault(error, during)).toMatchObject({
      category: 'role',
      scope: 'node',
      outcome: 'not-sent',
    });
  });

  it('does not carry a refused password from host to host', async () => {
    const before = (await readFile(cluster.replicas[0]!.logFile, 'utf8')).length;
    await expect(open(node([primary, standby], { user: 'app', password: 'wrong' }))).rejects.toMatchObject({
      code: '28P01',
    });
    const log = (await readFile(cluster.replicas[0]!.logFile, 'utf8')).slice(before);
    expect(log).not.toContain('password authentication failed');
  });

  it('goes on behind a host that is frozen', async () => {
    await cluster.replicas[0]!.freeze();
    const session = await open(node([standby, primary], { hostTimeoutMs: 200 }));
    expect(await portOf(session)).toBe(primary);
    await cluster.replicas[0]!.thaw();
  });

  it('cancels where the session is', async () => {
    const session = await open(node([nobody, primary]));
    const text = 'SELECT pg_sleep(60)';
    const asleep = session.execute({ text });
    asleep.catch(() => {});
    await until(async () => (await running(cluster.primary.url, text)) === 1);
    await session.cancel();
    await expect(asleep).rejects.toMatchObject({ code: '57014' });
  });

  // Last, since the servers have other roles afterwards.
  it('finds the new primary after a failover', async () => {
    const url = `postgres://postgres@${primary},${standby}/postgres?target_session_attrs=read-write`;
    const pool = postgres({ primary: { url }, pool: { min: 1, max: 3 } }).open('orders', systemEnv);
    await pool.start();
    await pool.face.query('CREATE TABLE after_failover (a int)');
    await cluster.waitForReplication();
    await cluster.primary.kill();
    await cluster.replicas[0]!.promote();
    await until(() =>
      pool.face.query('INSERT INTO after_failover VALUES (1)').then(
        () => true,
        () => false,
      ),
    );
    expect((await pool.face.query("SELECT current_setting('port') AS port")).rows).toEqual([
      { port: standby.split(':')[1] },
    ]);
    await pool.close();
  });
});

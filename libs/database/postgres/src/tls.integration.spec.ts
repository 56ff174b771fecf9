import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTo, createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Problems, systemEnv } from '@nest-pooling/core';
import { startPostgresCluster, type CertificateFiles, type PostgresCluster } from '@nest-pooling/services';
import { PostgresDriver } from './driver.js';
import { postgres } from './definition.js';
import { direct, LIMIT_MS, running, until, value } from './servers.fixture.js';
import type { PostgresSession } from './session.js';
import { postgresTarget } from './target.js';
import type { PostgresNodeOptions } from './target-options.js';

jest.setTimeout(LIMIT_MS);

let cluster: PostgresCluster;
let client: CertificateFiles;

beforeAll(async () => {
  const hba = ['hostssl all carded 127.0.0.1/32 cert', 'hostnossl all coded 127.0.0.1/32 reject'];
  cluster = await startPostgresCluster({ replicas: 0, tls: true, hba });
  client = await cluster.certificates.client('carded');
  await direct(cluster.primary.url, 'CREATE ROLE carded LOGIN; CREATE ROLE coded LOGIN');
}, LIMIT_MS);

afterAll(() => cluster?.stop(), LIMIT_MS);

const driver = new PostgresDriver();

async function connect(options: PostgresNodeOptions): Promise<PostgresSession> {
  const problems = new Problems();
  const target = postgresTarget('orders.primary', options, problems);
  problems.throwIfAny('orders');
  return driver.connect(target!, 'write', systemEnv, new AbortController().signal);
}

/** A URL of the server, by one of its names. */
function url(host: string, parameters: Readonly<Record<string, string>>, user = 'postgres'): string {
  const query = new URLSearchParams(parameters);
  return `postgres://${user}@${host}:${cluster.primary.port}/postgres?${query.toString()}`;
}

async function encrypted(session: PostgresSession): Promise<unknown> {
  const text = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
  try {
    return await value(session, text);
  } finally {
    await session.close();
  }
}

const fault = (options: PostgresNodeOptions): Promise<object> =>
  connect(options).then(
    async (session) => ({ opened: await encrypted(session) }),
    (error: unknown) =>
      driver.fault(error, { lane: 'write', role: 'unknown', sent: false, committing: false }),
  );

describe('TLS', () => {
  it.each([
    ['disable', '127.0.0.1', 'none', false],
    ['require', '127.0.0.1', 'none', true],
    ['no-verify', '127.0.0.1', 'none', true],
    ['require', '127.0.0.1', 'ca', true],
    ['verify-ca', '127.0.0.1', 'ca', true],
    ['verify-ca', 'localhost', 'ca', true],
    ['verify-full', 'localhost', 'ca', true],
  ] as const)('sslmode=%s at %s, authority %s: encrypted %s', async (sslmode, host, authority, expected) => {
    const root: Record<string, string> = authority === 'ca' ? { sslrootcert: cluster.certificates.ca } : {};
    expect(await encrypted(await connect({ url: url(host, { sslmode, ...root }) }))).toBe(expected);
  });

  it.each([
    // An authority that is given is checked against, even by `require`.
    ['require', '127.0.0.1', 'otherCa', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['verify-ca', 'localhost', 'otherCa', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['verify-full', 'localhost', 'otherCa', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['verify-full', '127.0.0.1', 'ca', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const)('sslmode=%s at %s, authority %s: refused by %s', async (sslmode, host, authority, code) => {
    const sslrootcert = cluster.certificates[authority];
    await expect(fault({ url: url(host, { sslmode, sslrootcert }) })).resolves.toMatchObject({
      category: 'auth',
      scope: 'node',
      outcome: 'not-sent',
      cause: { code },
    });
  });

  it('refuses what no known authority signed, and leaves no socket behind', async () => {
    const sockets = (): number =>
      process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length;
    const before = sockets();
    const { host, port } = cluster.primary;
    for (const options of [
      { url: url('localhost', { sslmode: 'verify-full' }) },
      { host, port, user: 'postgres', tls: true },
    ]) {
      await expect(fault(options)).resolves.toMatchObject({ category: 'auth', scope: 'node' });
    }
    await until(async () => sockets() <= before);
  });

  it(
    'is told when the server has none',
    async () => {
      await using plain = await startPostgresCluster({ replicas: 0 });
      const { host, port } = plain.primary;
      await expect(fault({ host, port, user: 'postgres', tls: {} })).resolves.toMatchObject({
        category: 'auth',
        cause: { message: 'The server does not support SSL connections' },
      });
    },
    LIMIT_MS,
  );

  it('is never given up for a connection without, where the server would want it', async () => {
    await expect(fault({ url: url('127.0.0.1', { sslmode: 'disable' }, 'coded') })).resolves.toMatchObject({
      sqlState: '28000',
    });
    await expect(fault({ url: url('127.0.0.1', { sslmode: 'require' }, 'coded') })).resolves.toEqual({
      opened: true,
    });
  });

  it('logs in by certificate', async () => {
    const ca = { sslmode: 'verify-full', sslrootcert: cluster.certificates.ca };
    const own = { ...ca, sslcert: client.cert, sslkey: client.key };
    await expect(fault({ url: url('localhost', own, 'carded') })).resolves.toEqual({ opened: true });
    await expect(fault({ url: url('localhost', ca, 'carded') })).resolves.toMatchObject({
      category: 'auth',
      sqlState: '28000',
    });
  });

  it(
    'asks for its settings at every connect, and at once when the server refuses the certificate',
    async () => {
      const { certificates, primary } = cluster;
      const ca = await readFile(certificates.ca);
      const asked: boolean[] = [];
      const tls = async ({ refused }: { refused: boolean }): Promise<object> => {
        asked.push(refused);
        const other = await certificates.client('somebody');
        const { cert, key } = asked.length === 1 ? other : client;
        return { ca, cert: await readFile(cert), key: await readFile(key) };
      };
      const node = { host: 'localhost', port: primary.port, database: 'postgres', user: 'carded', tls };
      expect(await encrypted(await connect(node))).toBe(true);
      expect(asked).toEqual([false, true]);
      const pool = postgres({ primary: node, pool: { min: 0, max: 2 } }).open('orders', systemEnv);
      await pool.start();
      await pool.face.query('SELECT 1');
      const before = asked.length;
      pool.evict('certificates renewed');
      await pool.face.query('SELECT 1');
      expect(asked.length).toBeGreaterThan(before);
      await pool.close();
    },
    LIMIT_MS,
  );

  it('cancels by TLS, too', async () => {
    const first: string[] = [];
    // Stands between, and looks at how each connection begins.
    const between = createServer((socket) => {
      const server = connectTo(cluster.primary.port, cluster.primary.host);
      socket.once('data', (chunk) => first.push(chunk.toString('hex')));
      socket.on('error', () => server.destroy()).pipe(server);
      server.on('error', () => socket.destroy()).pipe(socket);
    });
    await once(between.listen(0, '127.0.0.1'), 'listening');
    const { port } = between.address() as AddressInfo;
    const query = new URLSearchParams({ sslmode: 'verify-full', sslrootcert: cluster.certificates.ca });
    const session = await connect({
      url: `postgres://postgres@localhost:${port}/postgres?${query.toString()}`,
    });
    const text = 'SELECT pg_sleep(60)';
    const asleep = session.execute({ text });
    asleep.catch(() => {});
    await until(async () => (await running(cluster.primary.url, text)) === 1);
    await session.cancel();
    await expect(asleep).rejects.toMatchObject({ code: '57014' });
    // Both ask for TLS before they say anything else.
    expect(first).toEqual(['0000000804d2162f', '0000000804d2162f']);
    await session.close();
    between.close();
  });

  it(
    'binds the login to the channel where that is wanted',
    async () => {
      await using bound = await startPostgresCluster({
        replicas: 0,
        tls: true,
        hba: ['hostssl all bound 127.0.0.1/32 scram-sha-256'],
      });
      await direct(bound.primary.url, "CREATE ROLE bound LOGIN PASSWORD 'secret'");
      const query = new URLSearchParams({ sslmode: 'require', channel_binding: 'require' });
      const session = await connect({
        url: `postgres://bound:secret@127.0.0.1:${bound.primary.port}/postgres?${query.toString()}`,
      });
      expect(await encrypted(session)).toBe(true);
    },
    LIMIT_MS,
  );
});

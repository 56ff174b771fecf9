import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { portIsFree } from './free-port.js';
import { startPgBouncer } from './pgbouncer.js';
import type { PostgresCluster } from './postgres-cluster.js';
import { listProcesses } from './processes.js';
import { startPostgresCluster } from './start-cluster.js';
import { until } from './wait.js';

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 0 });
}, 120_000);

afterAll(() => cluster?.stop(), 120_000);

async function ask(url: string, ...texts: string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const values: unknown[] = [];
    // The statements of one client, in order.
    // eslint-disable-next-line no-await-in-loop
    for (const text of texts) values.push(Object.values((await client.query(text)).rows[0] ?? {})[0]);
    return values;
  } finally {
    await client.end();
  }
}

describe('pgbouncer', () => {
  it('stands in front of a server, is killed and comes back on its port', async () => {
    await using bouncer = await startPgBouncer({ target: cluster.primary, poolSize: 3 });
    expect(bouncer.version).toMatch(/^PgBouncer 1\.\d+/);
    expect(await ask(bouncer.urlOf(), 'SELECT 1')).toEqual([1]);
    expect(await ask(bouncer.adminUrl, 'SHOW POOLS')).toEqual(['pgbouncer']);
    await bouncer.kill();
    await expect(ask(bouncer.urlOf(), 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await bouncer.start();
    expect(await ask(bouncer.urlOf(), 'SELECT 2')).toEqual([2]);
  }, 120_000);

  it('checks passwords where users have one', async () => {
    const users = { postgres: 'se"cret' };
    await using bouncer = await startPgBouncer({ target: cluster.primary, mode: 'session', users });
    const url = (password: string) => bouncer.urlOf().replace('@', `:${encodeURIComponent(password)}@`);
    expect(await ask(url('se"cret'), 'SELECT 1')).toEqual([1]);
    await expect(ask(url('wrong'), 'SELECT 1')).rejects.toThrow(/authentication failed/);
  }, 120_000);

  it('refuses wrong options, all at once, and says what it logged when it does not start', async () => {
    const wrong = startPgBouncer({ target: cluster.primary, mode: 'fast' as never, poolSize: 0 });
    await expect(wrong).rejects.toThrow(/mode: .*\n.*poolSize: /);
    const unknown = startPgBouncer({
      target: cluster.primary,
      settings: { nonsense: 1 },
      startTimeoutMs: 5_000,
    });
    await expect(unknown).rejects.toThrow(/did not start.*\n.*nonsense/s);
  }, 120_000);

  it('ends with the process that started it, after kill -9 too', async () => {
    const program = `
      import { startPgBouncer } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      const { pid, port } = await startPgBouncer({ target: { port: ${cluster.primary.port} } });
      process.stdout.write(JSON.stringify({ pid, port }) + '\\n');
      setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { pid, port } = JSON.parse((await lines.next()).value as string) as { pid: number; port: number };
    const own = listProcesses().find((entry) => entry.pid === pid);
    expect(own?.command).toContain('pgbouncer');
    const folder = /\S+\/nest-pooling-pg-\w+/.exec(own!.command)![0];
    child.kill('SIGKILL');
    await until(
      () => listProcesses().every((entry) => entry.pid !== pid || entry.state === 'Z') && !existsSync(folder),
      {
        timeoutMs: 60_000,
        what: 'pgbouncer and its folder were gone',
      },
    );
    expect(await portIsFree(port)).toBe(true);
  }, 120_000);
});

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { startPgBouncer, startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { postgres } from './definition.js';
import { direct, LIMIT_MS, until } from './servers.fixture.js';
import type { PostgresNodeOptions } from './target-options.js';

jest.setTimeout(LIMIT_MS);

let cluster: PostgresCluster;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 0, hba: ['host all app 127.0.0.1/32 scram-sha-256'] });
  await direct(cluster.primary.url, 'CREATE ROLE app LOGIN');
}, LIMIT_MS);

beforeEach(() => rotate('first'));

afterAll(() => cluster?.stop(), LIMIT_MS);

async function rotate(password: string): Promise<void> {
  await direct(cluster.primary.url, `ALTER ROLE app PASSWORD '${password}'`);
}

/** How often the server has refused the user. */
async function refusals(): Promise<number> {
  const log = await readFile(cluster.primary.logFile, 'utf8');
  return log.split('password authentication failed for user "app"').length - 1;
}

type Opened = Managed & { readonly face: SqlPool };

async function open(password: PostgresNodeOptions['password'], more: object = {}): Promise<Opened> {
  const { host, port } = cluster.primary;
  const primary = { host, port, database: 'postgres', user: 'app', password: password!, ...more };
  const pool = postgres({ primary, pool: { min: 2, max: 4 }, required: false, startTimeoutMs: 300 });
  const opened = pool.open('orders', systemEnv);
  await opened.start();
  return opened;
}

const expectWorks = async (pool: Opened): Promise<void> => {
  expect((await pool.face.query('SELECT current_user AS me')).rows).toEqual([{ me: 'app' }]);
};

describe('a password', () => {
  it(
    'that is rotated is asked for once more, and nobody notices',
    async () => {
      let current = 'first';
      const asked: string[] = [];
      // A vault that is read from a cache, unless the server has refused what was in it.
      let cache = current;
      const pool = await open(async ({ refused }) => {
        asked.push(refused ? 'refused' : 'cached');
        if (refused) cache = current;
        return cache;
      });
      await expectWorks(pool);
      const before = await refusals();
      for (const next of ['second', 'third']) {
        await rotate(next);
        current = next;
        pool.evict('password rotated');
        await Promise.all(Array.from({ length: 50 }, () => expectWorks(pool)));
        expect(asked).toContain('refused');
      }
      await pool.close();
      // One for each connection that was being opened at that moment, at the most.
      expect((await refusals()) - before).toBeLessThanOrEqual(2 * 5);
    },
    LIMIT_MS,
  );

  it(
    'that is wrong makes no storm, whoever asks how often, and the right one ends it at once',
    async () => {
      let password = 'wrong';
      const before = await refusals();
      const began = performance.now();
      const pool = await open(() => password);
      const codes = new Set<unknown>();
      let going = true;
      const callers = Array.from({ length: 20 }, async () => {
        while (going) {
          await pool.face
            .query('SELECT 1', [], { timeoutMs: 200 })
            .catch((error: { code: string }) => codes.add(error.code));
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      });
      const pings = async (): Promise<void> => {
        while (going) {
          await pool.face.ping({ timeoutMs: 200 });
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      const pinging = pings();
      await until(async () => (await refusals()) - before >= 3);
      going = false;
      await Promise.all([...callers, pinging]);
      const seconds = (performance.now() - began) / 1_000;
      // At once, after 1 s, after 2 s more, after 4 s more, …
      expect((await refusals()) - before).toBeLessThanOrEqual(1 + Math.log2(1 + seconds));
      expect([...codes].every((code) => code === 'POOL_CREATE_FAILED' || code === 'POOL_TIMEOUT')).toBe(true);
      password = 'first';
      await pool.face.ping();
      await expectWorks(pool);
      await pool.close();
    },
    LIMIT_MS,
  );

  it(
    'is never shown',
    async () => {
      const pool = await open('super-secret-word');
      const error = await pool.face.query('SELECT 1').catch((thrown: unknown) => thrown);
      const seen = new Set<unknown>();
      let text = '';
      for (let at: unknown = error; at instanceof Error && !seen.has(at); at = at.cause) {
        seen.add(at);
        text += `${at.stack} ${JSON.stringify(at)} ${Object.values(at).join(' ')}`;
      }
      expect(text).toMatch(/28P01/);
      expect(text).not.toContain('super-secret-word');
      expect(JSON.stringify(pool.report())).not.toContain('super-secret-word');
      await pool.close();
    },
    LIMIT_MS,
  );

  it(
    'is checked by a pooler in the same way',
    async () => {
      await using bouncer = await startPgBouncer({ target: cluster.primary, users: { app: 'first' } });
      const passwords = ['old', 'first'];
      const pool = await open(({ refused }) => passwords[refused ? 1 : 0]!, {
        port: bouncer.port,
        proxied: true,
      });
      await expectWorks(pool);
      await pool.close();
    },
    LIMIT_MS,
  );
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import { startFaultProxy, type FaultProxy } from '@nest-pooling/services';
import type { SqlError, SqlPool } from '@nest-pooling/sql';
import { mysql } from './definition.js';
import { LIMIT_MS, Servers, until, value } from './servers.fixture.js';
import type { MysqlSession } from './session.js';

const ACCOUNTS = 20;
const EACH = 1_000;

let servers: Servers;
let admin: MysqlSession;
let link: FaultProxy;
let pool: SqlPool & Managed;

beforeAll(async () => {
  servers = await Servers.start();
  admin = await servers.open(servers.primary);
  await admin.execute({ text: 'CREATE TABLE account (id int PRIMARY KEY, cents int NOT NULL)' });
  await admin.execute({ text: 'CREATE TABLE transfer (id varchar(20) PRIMARY KEY)' });
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

beforeEach(async () => {
  await admin.execute({ text: 'DELETE FROM transfer' });
  await admin.execute({ text: `REPLACE INTO account SELECT seq, ${EACH} FROM seq_1_to_${ACCOUNTS}` });
  link = await startFaultProxy({ target: { host: servers.primary.host, port: servers.primary.port } });
  const url = new URL(servers.primary.url);
  url.hostname = '127.0.0.1';
  url.port = String(link.port);
  pool = mysql({ primary: { url: url.href }, pool: { max: 5, createTimeoutMs: 1_000 } }).open(
    'bank',
    systemEnv,
  ) as never;
  await pool.start();
}, LIMIT_MS);

afterEach(async () => {
  await pool?.close();
  await link?.stop();
}, LIMIT_MS);

/** Moves a cent between two accounts, and notes that it did. Retried when others get in its way. */
function move(id: string, at: number, timeoutMs: number): Promise<void> {
  const from = 1 + (at % ACCOUNTS);
  const to = 1 + ((at * 7 + 3) % ACCOUNTS);
  return pool.transaction(
    async (tx) => {
      await tx.query('UPDATE account SET cents = cents - 1 WHERE id = ?', [from]);
      await tx.query('UPDATE account SET cents = cents + 1 WHERE id = ?', [to]);
      await tx.query('INSERT INTO transfer (id) VALUES (?)', [id]);
    },
    { retry: { attempts: 20, initialMs: 5, maxMs: 50 }, timeoutMs },
  );
}

/** What became of each transfer, by its own word, held against the table. */
async function settle(
  name: string,
  trouble: (ended: () => number) => Promise<void>,
  timeoutMs = 20_000,
): Promise<number> {
  const said = new Map<string, string>();
  const working = Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      const id = `${name}-${at}`;
      try {
        await move(id, at, timeoutMs);
        said.set(id, 'committed');
      } catch (error) {
        said.set(id, (error as SqlError).code);
      }
    }),
  );
  await trouble(() => said.size);
  await working;
  // Whatever the server is still busy with of those that were cut has ended. It makes that table anew for who has not asked for 100 ms.
  const open = (): Promise<unknown> => value(admin, 'SELECT count(*) FROM information_schema.innodb_trx');
  await until(async () => (await open()) === 0, 150);
  const { rows } = await admin.execute({ text: 'SELECT id FROM transfer' });
  const there = new Set((rows as { id: string }[]).map(({ id }) => id));
  const lies = [...said].filter(([id, end]) =>
    end === 'committed' ? !there.has(id) : end !== 'SQL_OUTCOME_UNKNOWN' && there.has(id),
  );
  expect(lies).toEqual([]);
  expect(said.size).toBe(200);
  expect(Number(await value(admin, 'SELECT SUM(cents) FROM account'))).toBe(ACCOUNTS * EACH);
  // Everything came back, and the pool goes on.
  await link.pass();
  await until(() =>
    pool.query('SELECT 1 AS one').then(
      ({ rows: [row] }) => row!.one === 1,
      () => false,
    ),
  );
  const node = pool.report().nodes['bank.primary'] as unknown as { inUse: number; waiting: number };
  expect([node.inUse, node.waiting]).toEqual([0, 0]);
  return there.size;
}

describe('what happens to those who are in the middle of something', () => {
  it(
    'without any trouble, deadlocks are retried until all are done',
    async () => {
      await settle('quiet', async () => {});
      expect(await value(admin, 'SELECT count(*) FROM transfer')).toBe(200);
    },
    LIMIT_MS,
  );

  it(
    'the connections are reset',
    async () => {
      const done = await settle('reset', async (ended) => {
        for (let times = 0; times < 3; times++) {
          const before = ended();
          await until(async () => ended() > before + 10 || ended() === 200);
          await link.reset();
        }
      });
      expect(done).toBeGreaterThan(10);
    },
    LIMIT_MS,
  );

  it(
    'the server is frozen for longer than anybody waits, and goes on',
    async () => {
      const done = await settle(
        'frozen',
        async (ended) => {
          await until(async () => ended() > 10);
          await servers.primary.freeze();
          // Whoever has sent COMMIT is told what became of it, and waits: one for each session at most.
          await until(async () => ended() >= 195);
          await servers.primary.thaw();
        },
        1_500,
      );
      expect(done).toBeGreaterThan(10);
    },
    LIMIT_MS,
  );

  it(
    'the connections are killed on the server',
    async () => {
      const done = await settle('killed', async () => {
        for (let times = 0; times < 5; times++) {
          const { rows } = await admin.execute({
            text: 'SELECT id FROM information_schema.processlist WHERE id <> connection_id() AND db = database()',
          });
          for (const { id } of rows as { id: number }[])
            await admin.execute({ text: `KILL ${id}` }).catch(() => {});
        }
      });
      expect(done).toBeLessThanOrEqual(200);
    },
    LIMIT_MS,
  );
});

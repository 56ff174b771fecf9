import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { systemEnv, type Managed } from '@nest-pooling/core';
import type { PostgresCluster } from '@nest-pooling/services';
import { startPostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { copyFrom, copyTo } from './copy.js';
import { postgres } from './definition.js';
import { direct, LIMIT_MS, until } from './servers.fixture.js';

jest.setTimeout(LIMIT_MS);

const INTO = 'COPY item (id, name) FROM STDIN';
const OUT = 'COPY (SELECT id, name FROM item ORDER BY id) TO STDOUT';

let cluster: PostgresCluster;
let pool: Managed & { readonly face: SqlPool };
let sql: SqlPool;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 0 });
  pool = postgres({ primary: { url: cluster.primary.url }, pool: { min: 1, max: 3 } }).open(
    'shop',
    systemEnv,
  );
  await pool.start();
  sql = pool.face;
  await sql.query('CREATE TABLE item (id int PRIMARY KEY, name text)');
}, LIMIT_MS);

beforeEach(() => sql.query('TRUNCATE item'));

afterAll(async () => {
  await pool?.close();
  await cluster?.stop();
}, LIMIT_MS);

const count = async (): Promise<unknown> =>
  (await sql.query('SELECT count(*)::int AS n FROM item')).rows[0]!.n;

function* rows(from: number, to: number): Generator<string> {
  for (let id = from; id <= to; id++) yield `${id}\tname of ${id}\n`;
}

async function text(source: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('copyFrom', () => {
  it.each([
    ['a generator', () => rows(1, 1_000)],
    [
      'an asynchronous one',
      async function* () {
        yield* rows(1, 1_000);
      },
    ],
    ['a stream', () => Readable.from(rows(1, 1_000))],
    ['an array of bytes', () => [...rows(1, 1_000)].map((row) => Buffer.from(row))],
    ['one text', () => [...rows(1, 1_000)].join('')],
    ['pieces that end anywhere', () => [...rows(1, 1_000)].join('').match(/[^]{1,7}/g)!],
  ] as const)('takes %s', async (_, source) => {
    await expect(copyFrom(sql, INTO, source())).resolves.toEqual({ rowCount: 1_000, node: 'shop.primary' });
    expect(await text(copyTo(sql, OUT))).toBe([...rows(1, 1_000)].join(''));
  });

  it('takes other formats, empty sources and files', async () => {
    await expect(copyFrom(sql, INTO, [])).resolves.toMatchObject({ rowCount: 0 });
    const folder = await mkdtemp(join(tmpdir(), 'nest-pooling-copy-'));
    const file = join(folder, 'items.csv');
    await writeFile(file, 'id,name\n1,"a ""quoted"", name"\n2,Ünïcödé\n');
    await expect(
      copyFrom(sql, `${INTO} WITH (FORMAT csv, HEADER)`, createReadStream(file)),
    ).resolves.toMatchObject({ rowCount: 2 });
    expect((await sql.query('SELECT name FROM item ORDER BY id')).rows).toEqual([
      { name: 'a "quoted", name' },
      { name: 'Ünïcödé' },
    ]);
    const binary: Buffer[] = [];
    for await (const piece of copyTo(sql, 'COPY item TO STDOUT (FORMAT binary)')) binary.push(piece);
    await sql.query('TRUNCATE item');
    await expect(copyFrom(sql, 'COPY item FROM STDIN (FORMAT binary)', binary)).resolves.toMatchObject({
      rowCount: 2,
    });
    await rm(folder, { recursive: true });
  });

  it(
    'makes a source wait that is faster than the server',
    async () => {
      await direct(
        cluster.primary.url,
        'CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.id % 1000 = 0 THEN PERFORM pg_sleep(0.02); END IF; RETURN NEW; END $$',
      );
      await direct(
        cluster.primary.url,
        'CREATE TRIGGER slowly BEFORE INSERT ON item FOR EACH ROW EXECUTE FUNCTION slowly()',
      );
      const name = 'x'.repeat(2_000);
      let given = 0;
      let most = 0;
      const inserted = async (): Promise<number> =>
        (
          await direct(
            cluster.primary.url,
            'SELECT coalesce(sum(tuples_processed), 0)::int AS n FROM pg_stat_progress_copy',
          )
        )[0]!.n as number;
      async function* source(): AsyncGenerator<string> {
        for (let id = 1; id <= 20_000; id++) {
          given = id;
          // What is on the way: in our frame, in the sockets, in the server.
          if (id % 4_000 === 0) most = Math.max(most, given - (await inserted()));
          yield `${id}\t${name}\n`;
        }
      }
      await expect(copyFrom(sql, INTO, source())).resolves.toMatchObject({ rowCount: 20_000 });
      // 40 MB in all; a few of them at a time.
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(6_000);
      await direct(cluster.primary.url, 'DROP TRIGGER slowly ON item');
    },
    LIMIT_MS,
  );

  it.each([
    ['its signal', { signal: 'yes' }, 'SQL_CANCELLED'],
    ['its time', { timeoutMs: 200 }, 'SQL_TIMEOUT'],
  ] as const)('ends by %s, though the source waits for ever', async (_, how, code) => {
    const abort = new AbortController();
    const options = 'signal' in how ? { signal: abort.signal } : how;
    let given = false;
    async function* source(): AsyncGenerator<string> {
      yield* rows(1, 10);
      given = true;
      await new Promise(() => {});
    }
    const copying = copyFrom(sql, INTO, source(), options);
    copying.catch(() => {});
    await until(async () => given);
    abort.abort(new Error('enough'));
    await expect(copying).rejects.toMatchObject({ code });
    expect(await count()).toBe(0);
    expect(pool.report()).toMatchObject({ nodes: { 'shop.primary': { inUse: 0 } } });
  });

  it('is a part of the transaction around it, and fails alone', async () => {
    await sql.transaction(async (tx) => {
      await copyFrom(sql, INTO, rows(1, 3));
      await copyFrom(tx, INTO, rows(4, 6));
      await expect(copyFrom(sql, INTO, rows(1, 1))).rejects.toMatchObject({ sqlState: '23505' });
      const { rows: limits } = await tx.query('SHOW statement_timeout');
      expect(limits).toEqual([{ statement_timeout: '1min' }]);
      expect(await text(copyTo(tx, 'COPY (SELECT count(*) FROM item) TO STDOUT'))).toBe('6\n');
    });
    expect(await count()).toBe(6);
    const undone = sql.transaction(async () => {
      await copyFrom(sql, INTO, rows(7, 9));
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    await sql.use(async (connection) => {
      await copyFrom(connection, INTO, rows(7, 8));
      await expect(connection.query('SELECT count(*)::int AS n FROM item')).resolves.toMatchObject({
        rows: [{ n: 8 }],
      });
    });
    expect(await count()).toBe(8);
  });

  it('takes longer than a statement may', async () => {
    const strict = postgres({
      primary: { url: cluster.primary.url },
      pool: { min: 1, max: 1 },
      session: { statementTimeoutMs: 100 },
    }).open('strict', systemEnv);
    await strict.start();
    async function* source(): AsyncGenerator<string> {
      yield* rows(1, 1);
      await new Promise((resolve) => setTimeout(resolve, 300));
      yield* rows(2, 2);
    }
    await expect(copyFrom(strict.face, INTO, source())).resolves.toMatchObject({ rowCount: 2 });
    await expect(strict.face.query('SELECT pg_sleep(1)')).rejects.toMatchObject({ sqlState: '57014' });
    await strict.close();
  });
});

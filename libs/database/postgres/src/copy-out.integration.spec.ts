import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Problems, systemEnv, type Managed } from '@nest-pooling/core';
import { startPostgresCluster, type PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { copyOut, CopyReader } from './copy-out.js';
import { copyTo } from './copy.js';
import { postgres } from './definition.js';
import { PostgresDriver } from './driver.js';
import { direct, LIMIT_MS, until, value } from './servers.fixture.js';
import { postgresTarget } from './target.js';

jest.setTimeout(LIMIT_MS);

async function all(source: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

/** Some 80 MB: more than all buffers on the way can hold. */
const MUCH = "COPY (SELECT i, repeat('x', 800) FROM generate_series(1, 100000) i) TO STDOUT";
const ENDLESS = "COPY (SELECT repeat('y', 1000), generate_series(1, 1000000000)) TO STDOUT";

let cluster: PostgresCluster;
let pool: Managed & { readonly face: SqlPool };
let sql: SqlPool;

beforeAll(async () => {
  cluster = await startPostgresCluster({ replicas: 1 });
  pool = postgres({ primary: { url: cluster.primary.url }, pool: { min: 1, max: 2 } }).open(
    'shop',
    systemEnv,
  );
  await pool.start();
  sql = pool.face;
  await sql.query('CREATE TABLE item AS SELECT i AS id FROM generate_series(1, 100) i');
}, LIMIT_MS);

afterAll(async () => {
  await pool?.close();
  await cluster?.stop();
}, LIMIT_MS);

const pids = async (): Promise<unknown> => {
  const text =
    "SELECT array_agg(pid ORDER BY pid) AS pids FROM pg_stat_activity WHERE application_name LIKE 'nest-pooling shop%write'";
  return (await direct(cluster.primary.url, text))[0]!.pids;
};
const copies = async (): Promise<unknown> =>
  (await direct(cluster.primary.url, 'SELECT count(*)::int AS n FROM pg_stat_progress_copy'))[0]!.n;
const inUse = (): unknown => pool.report().nodes['shop.primary']!.inUse;

describe('copyTo', () => {
  it('gives every byte in order, in pieces that are worth the trouble', async () => {
    let bytes = 0;
    let pieces = 0;
    let rest = '';
    let next = 1;
    for await (const piece of copyTo(sql, MUCH)) {
      bytes += piece.length;
      pieces++;
      const lines = (rest + piece.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines)
        if (Number(line.split('\t')[0]) !== next++) throw new Error(`${line} came as ${next - 1}`);
    }
    expect(next).toBe(100_001);
    expect(bytes / pieces).toBeGreaterThan(4_000);
    expect(inUse()).toBe(0);
  });

  it('does nothing before it is read', async () => {
    const reading = copyTo(sql, ENDLESS);
    expect(inUse()).toBe(0);
    await reading.return(undefined);
  });

  it('makes the server wait for a reader that is slower', async () => {
    const before = process.memoryUsage().arrayBuffers;
    let bytes = 0;
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    const sink = new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _, done) {
        bytes += chunk.length;
        void gate.then(() => done());
      },
    });
    const running = pipeline(copyTo(sql, MUCH), sink);
    // All is full, and the server can send no more.
    const sent = "SELECT wait_event AS w, state FROM pg_stat_activity WHERE query LIKE 'COPY (SELECT i,%'";
    await until(async () => (await direct(cluster.primary.url, sent))[0]?.w === 'ClientWrite');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    go();
    await running;
    expect(bytes).toBeGreaterThan(80_000_000);
  });

  it('that is left early is cancelled on the server, and the session is used again', async () => {
    const before = await pids();
    for (let round = 0; round < 5; round++) {
      let pieces = 0;
      for await (const piece of copyTo(sql, ENDLESS)) if (++pieces > round && piece.length > 0) break;
      expect(await copies()).toBe(0);
      expect(inUse()).toBe(0);
      expect((await sql.query('SELECT $1::int AS n', [round])).rows).toEqual([{ n: round }]);
    }
    expect(await pids()).toEqual(before);
  });

  it('ends by the signal or the time of the caller', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const read = async (options: object): Promise<void> => {
      for await (const piece of copyTo(sql, ENDLESS, options))
        if (piece.length > 0) setTimeout(() => abort.abort(reason), 5);
    };
    await expect(read({ signal: abort.signal })).rejects.toMatchObject({
      code: 'SQL_CANCELLED',
      cause: reason,
    });
    await expect(read({ signal: abort.signal })).rejects.toMatchObject({ category: 'cancelled' });
    await expect(read({ timeoutMs: 1_000 })).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
    // A reader who reads nothing is told, too, when he comes back.
    const slow = copyTo(sql, ENDLESS, { timeoutMs: 1_000 });
    await slow.next();
    await until(async () => (await copies()) === 0);
    await expect(
      (async () => {
        for await (const _ of slow);
      })(),
    ).rejects.toMatchObject({ code: 'SQL_TIMEOUT' });
    await until(async () => inUse() === 0);
    await sql.query('SELECT 1');
  });

  it('passes on the error of the server that comes in the middle', async () => {
    const before = await pids();
    const failing = async (): Promise<number> => {
      let bytes = 0;
      for await (const piece of copyTo(
        sql,
        "COPY (SELECT repeat('z', 1000), 1 / (5000 - i) FROM generate_series(1, 9000) i) TO STDOUT",
      ))
        bytes += piece.length;
      return bytes;
    };
    await expect(failing()).rejects.toMatchObject({ code: 'SQL_STATEMENT_FAILED', sqlState: '22012' });
    expect(await pids()).toEqual(before);
  });

  it('has the session for itself: what else is given to it is refused', async () => {
    const target = postgresTarget('shop.primary', { url: cluster.primary.url }, new Problems())!;
    const { signal } = new AbortController();
    const session = await new PostgresDriver().connect(target, 'write', systemEnv, signal);
    const idle = { busy() {}, idle() {} };
    const copy = (): Promise<void> =>
      copyOut(session.wire, 'COPY (SELECT 1) TO STDOUT', new CopyReader(), idle);
    const running = copy();
    await expect(session.execute({ text: 'SELECT 1' })).rejects.toMatchObject({ code: 'SQL_SESSION_BUSY' });
    await running;
    const one = value(session, 'SELECT 7');
    await expect(copy()).rejects.toMatchObject({ code: 'SQL_SESSION_BUSY' });
    expect(await one).toBe(7);
    expect(session.state).toBe('idle');
    await session.close();
  });

  it('in a transaction sees what that did, and leaves it open', async () => {
    await sql.transaction(async (tx) => {
      await tx.query('INSERT INTO item VALUES (101)');
      const read = (): Promise<string> => all(copyTo(sql, 'COPY (SELECT max(id) FROM item) TO STDOUT'));
      expect(await read()).toBe('101\n');
      for await (const _ of copyTo(tx, ENDLESS)) break;
      expect(await read()).toBe('101\n');
    });
    expect((await sql.query('SELECT max(id) AS id FROM item')).rows).toEqual([{ id: 101 }]);
  });
});

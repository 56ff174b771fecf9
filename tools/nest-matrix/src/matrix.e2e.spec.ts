import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { getPoolToken, PoolRegistry } from '@nest-pooling/nestjs';
import type { PostgresCluster } from '@nest-pooling/services';
import type { SqlPool } from '@nest-pooling/sql';
import { Journal, type Order, type Read } from './shop/orders.fixture.js';
import { SECRET, type Operation } from './shop/shop.fixture.js';
import { busySessions, count, startWorld, until } from './shop/world.fixture.js';
import type { Connection, Handler, Transport } from './transport.fixture.js';
import { graphql } from './transports/graphql.fixture.js';
import { grpc } from './transports/grpc.fixture.js';
import { plain } from './transports/plain.fixture.js';
import { rest } from './transports/rest.fixture.js';
import { tcp } from './transports/tcp.fixture.js';
import { webSockets } from './transports/web-socket.fixture.js';

jest.setTimeout(120_000);

const transports: readonly Transport[] = [...rest, ...graphql, tcp, grpc, ...webSockets, plain];
const KINDS = ['promise', 'observable', 'iterator'] as const;

let cluster: PostgresCluster;
beforeAll(async () => {
  cluster = await startWorld();
});
afterAll(() => cluster?.stop());

let ids = 0;
const newId = (): string => `order${++ids}`;

describe.each(transports.map((transport) => [transport.name, transport] as const))('%s', (_, transport) => {
  let connection: Connection;
  beforeAll(async () => {
    connection = await transport.start(cluster);
  });
  afterAll(() => connection?.close());

  const journal = (): string[] => connection.app.get(Journal).lines.splice(0);
  const inUse = (): number => {
    const pools = Object.values(connection.app.get(PoolRegistry).report().pools);
    return pools.reduce((sum, pool) => sum + pool.inUse + pool.waiting, 0);
  };
  const rows = async (id: string): Promise<number[]> => [
    await count(cluster, 'placed', id),
    await count(cluster, 'taken', id),
  ];

  const places: readonly (Operation | Handler)[] = [...KINDS, ...transport.handlers];

  it.each(places)('%s: commits before the answer, in both services, and runs the hook then', async (how) => {
    const id = newId();
    expect(await connection.call(how, { id })).toEqual({ ok: true, value: id });
    expect(await rows(id)).toEqual([1, 1]);
    expect(journal()).toEqual([`${id} committed: 1`]);
  });

  const failures = places.flatMap((how) =>
    (['statement', 'commit'] as const).map((fail): [Operation | Handler, Order['fail']] => [how, fail]),
  );
  it.each(failures)('%s: a failing %s rolls both services back, and is no success', async (how, fail) => {
    const id = newId();
    const outcome = await connection.call(how, { id, fail: fail! });
    expect(outcome).toMatchObject({ ok: false, status: 500, code: 'SQL_STATEMENT_FAILED' });
    expect(JSON.stringify(outcome)).not.toMatch(/placed_once|taken_pkey|already exists|127\.0\.0\.1/);
    expect(await rows(id)).toEqual([0, 0]);
    expect(journal()).toEqual([`${id} rolled back`]);
  });

  it('routes: the primary, a replica, and what must see its own write', async () => {
    const [replica] = cluster.replicas;
    const pools = () => connection.app.get(PoolRegistry).report().pools;
    await until('the replica serves', () => pools()['shop.replica-1']?.healthy === true);
    await replica!.pauseReplay();
    try {
      const outcome = await connection.call('reads', { id: newId() });
      const reads = (outcome as { value?: Record<string, Read> }).value;
      expect(reads).toEqual({
        primary: { node: 'shop.primary', seen: true },
        replica: { node: 'shop.replica-1', seen: false },
        own: { node: 'shop.primary', seen: true },
      });
    } finally {
      await replica!.resumeReplay();
    }
  });

  it('a deadline ends the statement on the server', async () => {
    const id = newId();
    const outcome = await connection.call('slow', { id });
    expect(outcome).toMatchObject({ ok: false, status: 504, code: 'SQL_TIMEOUT', retryAfterMs: undefined });
    await until('nothing runs', async () => (await busySessions(cluster, id)) === 0);
  });

  it('says that something is not available, and when to come again', async () => {
    const tiny = connection.app.get<SqlPool>(getPoolToken('tiny'));
    // Not within `use`: a plain call would be lent what that holds.
    const [held, free] = await new Promise<[Promise<void>, () => void]>((resolve) => {
      const holding = tiny.use(() => new Promise<void>((done) => resolve([holding, done])));
    });
    const outcome = await connection.call('busy', { id: newId() });
    free();
    await held;
    expect(outcome).toMatchObject({ ok: false, status: 503, code: 'POOL_TIMEOUT', retryAfterMs: 1_000 });
  });

  it('says that something got in the way, and nothing of what the server said', async () => {
    const outcome = await connection.call('conflict', { id: newId() });
    expect(outcome).toMatchObject({ ok: false, status: 409, code: 'SQL_STATEMENT_FAILED' });
    expect(JSON.stringify(outcome)).not.toMatch(
      new RegExp(`${SECRET}|shop\\.primary|127\\.0\\.0\\.1|at .*:\\d+`),
    );
  });

  it('cancels the statement of a client that goes away', async () => {
    const id = newId();
    const leave = connection.abandon('hang', { id });
    await until('it runs', async () => (await busySessions(cluster, id)) === 1);
    leave();
    await until('it is cancelled', async () => (await busySessions(cluster, id)) === 0);
    await until('its session is back', () => inUse() === 0);
    expect((await connection.call('promise', { id })).ok).toBe(true);
    journal();
  });

  it('leaves nothing behind', async () => {
    await until('every session is back', () => inUse() === 0);
    await until('no transaction is open', async () => (await busySessions(cluster)) === 0);
    expect(journal()).toEqual([]);
  });
});

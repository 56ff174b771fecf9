import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PostgresDriver } from './driver.js';
import { CommitRolledBackError } from './errors.js';
import { LIMIT_MS, Servers, until, value } from './servers.fixture.js';

let servers: Servers;
let primary: Servers['primary'];
let replica: Servers['replica'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary, replica } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('executing', () => {
  it('answers rows as objects or arrays, and the last result of several statements', async () => {
    const session = await servers.open(primary);
    await expect(
      session.execute({ text: 'SELECT 1 AS a, $1::text AS b', params: ['x'] }),
    ).resolves.toMatchObject({
      rows: [{ a: 1, b: 'x' }],
      rowCount: 1,
      command: 'SELECT',
      fields: [{ name: 'a' }, { name: 'b' }],
    });
    await expect(session.execute({ text: 'SELECT 1; SELECT 2 AS b' })).resolves.toMatchObject({
      rows: [{ b: 2 }],
    });
    await expect(session.execute({ text: '' })).resolves.toMatchObject({ rows: [], command: '' });
    expect(await value(session, 'SELECT 7')).toBe(7);
  });

  it('keeps one row more than allowed at the most, and all of them for a stream', async () => {
    const session = await servers.open(primary);
    for (const statement of [
      { text: 'SELECT n FROM generate_series(1, 5000) n' },
      { text: 'SELECT n FROM generate_series(1, $1::int) n', params: [5_000] },
      { text: 'SELECT n FROM generate_series(1, $1::int) n', params: [5_000], name: 'numbers' },
    ]) {
      const { rows, rowCount } = await session.execute({ ...statement, maxRows: 10 });
      expect(rows).toHaveLength(11);
      expect(rowCount).toBe(5_000);
      expect((await session.execute(statement)).rows).toHaveLength(5_000);
    }
    let count = 0;
    const text = 'SELECT n FROM generate_series(1, 500) n';
    for await (const page of session.stream({ text, maxRows: undefined }, 100)) count += page.length;
    expect(count).toBe(500);
  });

  it('isolates statements that are in flight together, in the order of sending', async () => {
    for (const lane of ['write', 'read'] as const) {
      const session = await servers.open(primary, lane);
      const settled = await Promise.allSettled([
        value(session, 'SELECT 1'),
        value(session, 'SELECT 1/0'),
        value(session, 'SELECT $1::int', [3]),
        value(session, 'SELECT nonsense'),
        value(session, 'SELECT 5'),
      ]);
      expect(settled.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code))).toEqual([
        1,
        '22012',
        3,
        '42703',
        5,
      ]);
    }
  });

  it('knows the status of the transaction when a statement settles', async () => {
    const session = await servers.open(primary);
    await session.execute({ text: 'BEGIN' });
    expect(session.state).toBe('in-transaction');
    await expect(session.execute({ text: 'SELECT 1/0' })).rejects.toThrow('division by zero');
    expect(session.state).toBe('failed');
    await expect(session.commit()).rejects.toThrow(CommitRolledBackError);
    expect(session.state).toBe('idle');
    await session.execute({ text: 'BEGIN' });
    await session.commit();
    expect(session.state).toBe('idle');
  });

  it('refuses parameters that cannot be sent without spoiling the name of the statement', async () => {
    const session = await servers.open(primary);
    const circular = {
      toPostgres: (): unknown => {
        throw new Error('the secret is 42');
      },
    };
    const failing = session.execute({ text: 'SELECT $1::text', name: 'named', params: [circular] });
    await expect(failing).rejects.toMatchObject({ code: 'SQL_PARAMETERS_INVALID' });
    await expect(failing).rejects.not.toThrow(/42/);
    await expect(
      session.execute({ text: 'SELECT $1::text AS a', name: 'named', params: ['x'] }),
    ).resolves.toMatchObject({ rows: [{ a: 'x' }] });
    await expect(
      session.execute({ text: 'SELECT 1', params: Array.from({ length: 65_536 }, () => 1) }),
    ).rejects.toMatchObject({ code: 'SQL_PARAMETERS_INVALID' });
    expect(await value(session, 'SELECT $1::date::text', [new Date(2020, 1, 2)])).toBe('2020-02-02');
  });

  it('survives a type parser that throws', async () => {
    const session = await servers
      .open(primary, 'write', {
        types: {
          getTypeParser: () => () => {
            throw new Error('no such type');
          },
        },
      })
      .catch((error: unknown) => error as Error);
    // Even the identity cannot be read then: the connect says so.
    expect(session).toMatchObject({ message: 'no such type' });
  });

  it('case 26: reading the identity, probing and positions leave no transaction open', async () => {
    for (const node of [primary, replica]) {
      const session = await servers.open(node, 'probe');
      expect(session.state).toBe('idle');
      await session.probe();
      expect(session.state).toBe('idle');
      const position = await session.position();
      expect(session.state).toBe('idle');
      expect(await session.reached(position)).toBe(true);
      expect(session.state).toBe('idle');
    }
  });
});

describe('positions and probes', () => {
  it('tells when a replica has what was written', async () => {
    const [a, b] = await Promise.all([servers.open(primary), servers.open(replica, 'read')]);
    await replica.lag(300);
    await a.execute({ text: "INSERT INTO notes (body) VALUES ('later')" });
    const position = await a.position();
    expect(position).toMatchObject({ systemId: a.identity.systemId, timeline: 1 });
    expect(await b.reached(position)).toBe(false);
    expect(new PostgresDriver().compare(await b.position(), position)).toBe('behind');
    await until(() => b.reached(position));
    expect(new PostgresDriver().compare(await b.position(), position)).toBe('reached');
    await replica.lag(0);
    expect(await b.reached({ ...position, timeline: 2 })).toBe(false);
    expect(await b.reached({ ...position, systemId: '1' })).toBe(false);
  });

  it('probes role, position, streaming and lag', async () => {
    const [a, b] = await Promise.all([servers.open(primary, 'probe'), servers.open(replica, 'probe')]);
    await servers.cluster.waitForReplication();
    const [one, two] = await Promise.all([a.probe(), b.probe()]);
    expect(one).toMatchObject({ ...a.identity, streaming: true, lagMs: 0 });
    expect(two).toMatchObject({ ...b.identity, streaming: true, lagMs: 0 });
    expect(one.at).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    await b.probe();
  });
});

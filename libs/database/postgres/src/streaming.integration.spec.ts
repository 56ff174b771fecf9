import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { LIMIT_MS, Servers, value } from './servers.fixture.js';

let servers: Servers;
let primary: Servers['primary'];
let replica: Servers['replica'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary, replica } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('streaming', () => {
  const text = 'SELECT i FROM generate_series(1, $1) i';

  it('gives pages, commits what it wrote, and leaves the session as it was', async () => {
    for (const lane of ['write', 'read', 'probe'] as const) {
      const session = await servers.open(primary, lane);
      const sizes: number[] = [];
      for await (const page of session.stream({ text, params: [25] }, 10)) sizes.push(page.length);
      expect(sizes).toEqual([10, 10, 5]);
      expect(session.state).toBe('idle');
    }
    const session = await servers.open(primary);
    for await (const page of session.stream(
      { text: "INSERT INTO notes (body) VALUES ('s') RETURNING body" },
      1,
    )) {
      expect(page).toEqual([{ body: 's' }]);
    }
    expect(await value(session, "SELECT count(*)::int FROM notes WHERE body = 's'")).toBe(1);
  });

  it('works behind a proxy, one message at a time', async () => {
    const session = await servers.open(primary, 'read', {}, { proxied: true });
    const sizes: number[] = [];
    for await (const page of session.stream({ text, params: [5] }, 2)) sizes.push(page.length);
    expect(sizes).toEqual([2, 2, 1]);
    expect(session.state).toBe('idle');
  });

  it('ends on the server when the loop is left early', async () => {
    const session = await servers.open(replica, 'read');
    for await (const page of session.stream({ text, params: [1_000], rowMode: 'array' }, 2)) {
      expect(page).toEqual([[1], [2]]);
      break;
    }
    expect(session.state).toBe('idle');
    expect(await value(session, 'SELECT count(*)::int FROM pg_cursors')).toBe(0);
  });

  it('keeps a transaction that was open, and closes its own portal there', async () => {
    const session = await servers.open(primary);
    await session.execute({ text: 'BEGIN' });
    for await (const page of session.stream({ text, params: [10] }, 3)) if (page.length === 3) break;
    expect(session.state).toBe('in-transaction');
    expect(await value(session, 'SELECT count(*)::int FROM pg_cursors')).toBe(0);
    await session.commit();
  });

  it('passes on errors of any page, and is usable afterwards', async () => {
    const session = await servers.open(primary);
    const pages: number[] = [];
    const reading = async (): Promise<void> => {
      const stream = session.stream({ text: 'SELECT 10 / (5 - i) FROM generate_series(1, 9) i' }, 2);
      for await (const page of stream) pages.push(page.length);
    };
    await expect(reading()).rejects.toMatchObject({ code: '22012' });
    expect(pages).toEqual([2, 2]);
    expect(session.state).toBe('idle');
    expect(await value(session, 'SELECT 1')).toBe(1);
  });

  it('has its timeout per page: a slow reader is no slow statement', async () => {
    const session = await servers.open(primary, 'write', { statementTimeoutMs: 300 });
    let rows = 0;
    for await (const page of session.stream({ text, params: [3] }, 1)) {
      rows += page.length;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(rows).toBe(3);
  });

  it('refuses to begin while statements run, and wrong page sizes', async () => {
    const session = await servers.open(primary);
    const running = session.execute({ text: 'SELECT 1' });
    const stream = session.stream({ text, params: [1] }, 1)[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toMatchObject({ code: 'SQL_SESSION_BUSY' });
    await running;
    expect(() => session.stream({ text }, 0)).toThrow(OptionsError);
  });
});

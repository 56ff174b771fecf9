import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LIMIT_MS, running, Servers, until, value } from './servers.fixture.js';

let servers: Servers;
let primary: Servers['primary'];

beforeAll(async () => {
  servers = await Servers.start();
  ({ primary } = servers);
}, LIMIT_MS);

afterAll(() => servers?.stop(), LIMIT_MS);

describe('streaming', () => {
  const CROSS = 'SELECT a.n FROM numbers a, numbers b';

  it('gives every row once, in pages, by either protocol, and takes the limits off meanwhile', async () => {
    const session = await servers.open(primary, 'write', { statementTimeoutMs: 5_000 });
    const limits = (): Promise<unknown> =>
      value(session, 'SELECT concat(@@max_statement_time, @@net_write_timeout)');
    const before = await limits();
    for (const statement of [
      { text: 'SELECT n FROM numbers' },
      { text: 'SELECT n FROM numbers WHERE n > ?', params: [0] },
      { text: 'SELECT n FROM numbers', rowMode: 'array' as const },
    ]) {
      const seen: unknown[] = [];
      for await (const page of session.stream(statement, 1_000)) {
        expect(page.length).toBeLessThanOrEqual(1_000);
        seen.push(...page);
      }
      expect(seen).toHaveLength(10_000);
      expect(new Set(seen.map((row) => JSON.stringify(row))).size).toBe(10_000);
    }
    expect(await limits()).toBe(before);
  });

  it('does not read on while its reader rests, and ends on the server when he leaves', async () => {
    const [session, watcher] = await Promise.all([servers.open(primary), servers.open(primary)]);
    const before = process.memoryUsage().rss;
    for await (const page of session.stream({ text: CROSS }, 100)) {
      expect(page).toHaveLength(100);
      await until(async () => (await running(watcher, CROSS)) === 1);
      break;
    }
    // A hundred million rows would be several gigabytes.
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    await until(async () => (await running(watcher, CROSS)) === 0);
    expect(session.state).toBe('idle');
    expect(await value(session, 'SELECT 5')).toBe(5);
    expect(await value(session, 'SELECT @@max_statement_time')).toBe(60);
  });

  it('rejects with the error of the server, before its first row and in the middle', async () => {
    const session = await servers.open(primary);
    const read = async (text: string): Promise<number> => {
      let count = 0;
      for await (const page of session.stream({ text }, 10)) count += page.length;
      return count;
    };
    await expect(read('SELECT * FROM nowhere')).rejects.toMatchObject({ errno: 1146 });
    const late = 'SELECT n, (SELECT 1 UNION SELECT 2 + (n > 9000) - (n <= 9000) * 1) FROM numbers ORDER BY n';
    await expect(read(late)).rejects.toMatchObject({ errno: 1242 });
    expect(await value(session, 'SELECT 5')).toBe(5);
  });
});

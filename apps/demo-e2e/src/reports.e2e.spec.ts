import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { nodesOf, rowsOf, type NodeInfo } from './nodes.js';
import { say } from './say.js';
import { allActive, Counts, newOrder } from './shop.js';
import { PATIENCE_MS, until } from './until.js';

const RUNNING = `
  SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND state = 'active'`;

let demo: Demo;
let nodes: readonly NodeInfo[];
beforeAll(async () => {
  demo = await Demo.open();
  nodes = await nodesOf(demo);
  await allActive(demo);
}, PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

async function running(): Promise<number> {
  const rows = await Promise.all(nodes.map(({ url }) => rowsOf<{ n: number }>(url, RUNNING)));
  return rows.reduce((sum, [row]) => sum + row!.n, 0);
}

describe('reads that say where', () => {
  it('run on a replica, on the primary, or where everything is that was committed', async () => {
    const seen = { replica: new Counts(), primary: new Counts(), strong: new Counts() };
    const counts: Record<keyof typeof seen, number[]> = { replica: [], primary: [], strong: [] };
    for (let n = 0; n < 10; n++) {
      // oxlint-disable-next-line no-await-in-loop -- each sees the one before
      const { body: order } = await demo.post('/orders', newOrder(n));
      for (const where of ['replica', 'primary', 'strong'] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { status, node, body } = await demo.get(`/reports/${where}`);
        expect(status).toBe(200);
        seen[where].add(node);
        counts[where].push(body.count - order.id);
      }
    }
    say(
      `reports: replica by ${seen.replica.text}; primary by ${seen.primary.text}; strong by ${seen.strong.text}`,
    );
    // A replica may be behind, by not much; the others have seen each order.
    expect(new Set([...counts.primary, ...counts.strong])).toEqual(new Set([0]));
    expect(seen.primary.of('orders.primary')).toBe(10);
    expect(seen.replica.of('orders.primary')).toBe(0);
  });
});

describe('a deadline', () => {
  it('ends the statement on its server', async () => {
    const answer = await demo.get('/reports/slow?ms=60000');
    expect(answer).toMatchObject({ status: 504, body: { code: 'SQL_TIMEOUT' } });
    await until('nothing ran any more', async () => ((await running()) === 0 ? true : undefined));
    say(
      `/reports/slow?ms=60000: ${answer.status} ${answer.body.code} after ${Math.round(answer.ms)} ms, nothing runs`,
    );
  }, 120_000);
});

describe('a bulkhead', () => {
  it('lets two run and two wait, and refuses the others', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => demo.get('/reports/slow?ms=1000')));
    const refused = answers.filter(({ status }) => status === 503);
    say(`8 slow reports at once: ${answers.map(({ status }) => status).join(' ')}`);
    expect(refused.length).toBeGreaterThanOrEqual(1);
    for (const { body, headers } of refused) {
      expect(body.code).toBe('BULKHEAD_FULL');
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    }
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2);
  }, 120_000);
});

describe('a client that goes away', () => {
  it('has its statement cancelled on the server', async () => {
    const leaving = new AbortController();
    const call = fetch(`${demo.url}/reports/slow?ms=60000`, { signal: leaving.signal }).catch(() => 'gone');
    await until('it ran', async () => ((await running()) > 0 ? true : undefined));
    leaving.abort();
    const { ms } = await until('it ran no more', async () => ((await running()) === 0 ? true : undefined));
    say(`the client went away: nothing runs ${ms} ms later`);
    expect(await call).toBe('gone');
  }, 120_000);
});

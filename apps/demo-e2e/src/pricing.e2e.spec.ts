import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Answer, Demo } from './demo.js';
import { say } from './say.js';
import { PATIENCE_MS, until } from './until.js';

const THRESHOLD = 3;

let demo: Demo;
beforeAll(async () => (demo = await Demo.open()), PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

const price = (): Promise<Answer> => demo.get('/pricing/espresso');
const calls = async (): Promise<number> => (await demo.get('/faults')).body.pricing.calls as number;

async function several(count: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one after the other: they are counted
  while (answers.length < count) answers.push(await price());
  return answers;
}

const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);

describe('the breaker around the pricing service', () => {
  it('stays closed while the service answers, with a 404 too', async () => {
    for (let n = 0; n < 2 * THRESHOLD; n++) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other: they are counted
      expect((await demo.get('/pricing/tea')).status).toBe(404);
    }
    expect(await price()).toMatchObject({
      status: 200,
      body: { sku: 'espresso', cents: 240, currency: 'EUR' },
    });
  });

  it('opens after its threshold, then answers at once without a call', async () => {
    const before = await calls();
    await demo.post('/faults/pricing/down');
    const failed = await several(THRESHOLD);
    expect(statuses(failed)).toEqual(Array(THRESHOLD).fill(502));
    expect(await calls()).toBe(before + THRESHOLD);

    const rejected = await several(5);
    const after = await calls();
    const [first] = rejected;
    say(
      `pricing down: ${statuses(failed).join(' ')} ${statuses(rejected).join(' ')}; calls that reached it: ${after - before}`,
    );
    say(`${first!.status} Retry-After: ${first!.headers.get('retry-after')} ${first!.text}`);
    expect(statuses(rejected)).toEqual(Array(5).fill(503));
    for (const { headers, body } of rejected) {
      expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(body).toMatchObject({ code: 'BREAKER_OPEN' });
    }
    for (const { text } of [...failed, ...rejected]) expect(text).not.toMatch(/java|127\.0\.0\.1|axios/i);
    expect(after).toBe(before + THRESHOLD);
  });

  it('closes when the service has recovered', async () => {
    await demo.post('/faults/pricing/up');
    const { ms } = await until('there was a price', async () =>
      (await price()).status === 200 ? true : undefined,
    );
    say(`pricing up: the first price after ${ms} ms, then ${statuses(await several(3)).join(' ')}`);
    // Closed, not half-open: there a single failure would open it.
    await demo.post('/faults/pricing/down');
    expect(statuses(await several(THRESHOLD + 1))).toEqual([...Array<number>(THRESHOLD).fill(502), 503]);
  });
});

describe('the discount, behind the same breaker', () => {
  const discount = (): Promise<Answer> => demo.get('/pricing/discount');

  it('falls back while the service is left in peace, and only then', async () => {
    await demo.post('/faults/pricing/up');
    await until('the service was asked again', async () => {
      const { body } = await discount();
      return body.from === 'the pricing service' && (await price()).status === 200 ? true : undefined;
    });
    expect((await discount()).body).toEqual({ percent: 5, from: 'the pricing service' });
    await until('the breaker was closed', async () => {
      await discount();
      const { body } = await demo.get('/health');
      return body.details.pricing.state === 'closed' ? true : undefined;
    });
    await demo.post('/faults/pricing/down');
    const failed = [await discount(), await discount(), await discount()];
    expect(statuses(failed)).toEqual(Array(THRESHOLD).fill(502));
    const before = await calls();
    expect(await discount()).toMatchObject({ status: 200, body: { percent: 0, from: 'the fallback' } });
    expect(await calls()).toBe(before);
    expect((await price()).status).toBe(503);
    const health = await demo.get('/health');
    say(`discount: ${statuses(failed).join(' ')}, then from the fallback; health ${health.body.status}`);
    // Degraded, and so not out of service.
    expect(health).toMatchObject({ status: 200, body: { details: { pricing: { status: 'degraded' } } } });
    expect((await demo.get('/health/ready')).status).toBe(200);
  });
});

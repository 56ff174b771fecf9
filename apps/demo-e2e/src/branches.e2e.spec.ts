import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { PATIENCE_MS } from './until.js';

let demo: Demo;
beforeAll(async () => (demo = await Demo.open()), PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

async function notes(branch?: string, text?: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${demo.url}/branch/notes`, {
    headers: { 'content-type': 'application/json', ...(branch !== undefined && { 'x-branch': branch }) },
    ...(text !== undefined && { method: 'POST', body: JSON.stringify({ text }) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('the branches, tenants of one pool', () => {
  it('see their own notes only, at the same time', async () => {
    const texts = Array.from({ length: 20 }, (_, n) => `note ${n}`);
    await Promise.all(
      texts.map(async (text, n) => {
        expect(await notes(n % 2 === 0 ? 'north' : 'south', text)).toMatchObject({ status: 201 });
      }),
    );
    for (const [at, branch] of ['north', 'south'].entries()) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      const { status, body } = await notes(branch);
      expect(status).toBe(200);
      const seen = (body as { text: string }[]).map(({ text }) => text);
      expect(seen.toSorted()).toEqual(texts.filter((_, n) => n % 2 === at).toSorted());
    }
  });

  it('are shown by health once they are open', async () => {
    const { body } = await demo.get('/health/pools');
    expect(body.pools).toMatchObject({
      'branches.north.primary': { healthy: true },
      'branches.south.primary': { healthy: true },
    });
  });

  it('must be named, and must exist', async () => {
    expect(await notes()).toMatchObject({ status: 400 });
    expect(await notes('east')).toMatchObject({
      status: 404,
      body: { message: "There is no branch 'east'." },
    });
    expect(await notes('north; DROP TABLE notes')).toMatchObject({ status: 404 });
  });
});

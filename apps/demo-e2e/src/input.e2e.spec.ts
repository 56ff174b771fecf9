import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { say } from './say.js';
import { PATIENCE_MS } from './until.js';

let demo: Demo;
beforeAll(async () => (demo = await Demo.open()), PATIENCE_MS);
afterAll(() => demo.close(), PATIENCE_MS);

const good = { sku: 'espresso', quantity: 1 };

describe('wrong input', () => {
  it.each<[string, unknown, string]>([
    ['no quantity', { sku: 'espresso' }, 'quantity'],
    ['a quantity of 0', { ...good, quantity: 0 }, 'quantity'],
    ['half a piece', { ...good, quantity: 0.5 }, 'quantity'],
    ['a text for a number', { ...good, quantity: '1' }, 'quantity'],
    ['too many', { ...good, quantity: 1_001 }, 'quantity'],
    ['no sku', { quantity: 1 }, 'sku'],
    ['an unknown product', { ...good, sku: 'tea' }, 'sku'],
    ['a zero byte', { ...good, customer: 'a\0b' }, 'customer'],
    ['an unknown field', { ...good, price: 1 }, 'price'],
    ['a list', [good], 'object'],
    ['no body', undefined, 'object'],
  ])('POST /orders: %s', async (_, body, field) => {
    const answer = await demo.post('/orders', body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(field);
  });

  it.each<[string, unknown, string]>([
    ['none', [], 'orders'],
    ['one that is wrong', [good, { ...good, quantity: -1 }], 'orders.1.quantity'],
    ['too many', Array.from({ length: 101 }, () => good), 'orders'],
    ['something else', { items: [good] }, 'items'],
  ])('POST /orders/batch: %s', async (_, body, field) => {
    const answer = await demo.post('/orders/batch', body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(field);
  });

  it('that is no JSON is refused', async () => {
    expect((await demo.postText('/orders', '{"sku":')).status).toBe(400);
  });

  it('an unknown strategy is refused, and the known ones are named', async () => {
    const answer = await demo.get('/orders?strategy=slowest');
    say(`GET /orders?strategy=slowest: ${answer.status} ${answer.body.message[0]}`);
    expect(answer.status).toBe(400);
    for (const word of ['strategy', 'round-robin', 'random', 'least-loaded', 'p2c', 'fastest'])
      expect(answer.text).toContain(word);
  });

  it.each([
    ['GET', '/orders?limit=0', 400, 'limit'],
    ['GET', '/orders?limit=1e1', 400, 'limit'],
    ['GET', '/orders/abc', 400, 'id'],
    ['GET', '/orders/0', 400, 'id'],
    ['GET', '/orders/99999999999999999999', 400, 'id'],
    ['GET', '/orders/999999999', 404, 'order 999999999'],
    ['GET', '/pricing/tea', 404, 'tea'],
    ['POST', '/faults/replicas/3/kill', 404, 'replica 3'],
    ['POST', '/faults/replicas/0/kill', 404, 'replica 0'],
    ['POST', '/faults/replicas/x/kill', 400, 'n:'],
    ['POST', '/faults/replicas/1/explode', 400, 'action'],
    ['POST', '/faults/primary/freeze', 400, 'action'],
    ['POST', '/faults/primary/promote', 409, 'primary already'],
    ['POST', '/faults/replicas/1/promote', 409, 'kill it first'],
    ['POST', '/faults/pricing/sideways', 400, 'action'],
  ])('%s %s answers %i', async (method, path, status, word) => {
    const answer = method === 'GET' ? await demo.get(path) : await demo.post(path);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(word);
  });
});

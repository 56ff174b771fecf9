import { afterEach, describe, expect, it } from '@jest/globals';
import { Demo } from './demo.js';
import { KeepAliveLoad } from './keep-alive-load.js';
import { say } from './say.js';
import { newOrder } from './shop.js';
import { PATIENCE_MS, until } from './until.js';

const FOLLOWERS = 12;
const INSISTENT = 4;

let demo: Demo | undefined;
afterEach(async () => {
  await demo?.close();
  demo = undefined;
}, PATIENCE_MS);

describe('a shutdown under load', () => {
  it.each(['express', 'fastify'])(
    'answers every request that was let in, then closes everything and ends by itself with code 0, on %s',
    async (platform) => {
      demo = await Demo.open({ DEMO_PLATFORM: platform });
      const order = await demo.post('/orders', newOrder(1));
      const before = 1;

      const load = new KeepAliveLoad(demo.url);
      load.probe(25);
      load.follow(FOLLOWERS, (n) =>
        n % 3 === 0
          ? { method: 'POST', path: '/orders', body: newOrder(n) }
          : { method: 'GET', path: `/orders/${order.body.id}` },
      );
      load.insist(INSISTENT, () => ({ method: 'GET', path: '/reports/primary' }));
      await until('there were 500 answers', () => (load.answers >= 500 ? true : undefined));
      // Some that are under way for longer than the shop goes on listening.
      const slow = [1_000, 1_500].map((ms) => load.once({ method: 'GET', path: `/reports/slow?ms=${ms}` }));
      const sentAfter = load.answers;
      await until('they were let in', () => (load.answers >= sentAfter + 200 ? true : undefined));

      const answersBefore = load.answers;
      demo.kill('SIGTERM');
      const begun = performance.now();
      const slowAnswers = await Promise.all(slow);
      await load.ended();
      const code = await demo.ended();
      const ms = Math.round(performance.now() - begun);

      const { output } = demo;
      const counted = /Requests: (\d+) let in, (\d+) answered, (\d+) cut off/
        .exec(output)
        ?.slice(1)
        .map(Number);
      say(
        `${platform}: SIGTERM among ${FOLLOWERS + INSISTENT} keep-alive clients after ${answersBefore} answers: ${load.answers - answersBefore} more in ` +
          `${ms} ms (${load.statuses.text}), failed ${load.failures.length}, then refused: ${load.refusals.join(' ')}`,
      );
      say(`the process: ${counted?.join(' / ')} let in / answered / cut off, exit code ${code}`);
      const seen = load.answers + before;
      expect({
        failures: load.failures,
        slow: slowAnswers,
        unready: load.unready,
        refusedClients: load.refusals.length,
        counted,
        code,
      }).toEqual({
        failures: [],
        slow: [200, 200],
        unready: true,
        refusedClients: INSISTENT,
        counted: [seen, seen, 0],
        code: 0,
      });
      // Nothing was left open, and nothing went wrong while it closed.
      expect(output).not.toMatch(/Still open|failed|error/i);
    },
    PATIENCE_MS * 3,
  );
});

import { describe, expect, it } from '@jest/globals';
import type { BalancingStrategy } from '@nest-pooling/balancing';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { ReadLatency } from './read-latency.js';
import type { RouterNode } from './router-node.js';

describe('the latency of a read', () => {
  it('is measured, but not for what a stall of our own event loop has added', async () => {
    const env = new VirtualEnv();
    const seen: number[] = [];
    const watched: number[] = [];
    const strategy = { timed: true, observe: (_: unknown, ms: number) => void seen.push(ms) };
    const node = { latency: { observe: (ms: number) => void watched.push(ms) } };
    const latency = new ReadLatency(env.scheduler);
    const measure = async (wait: () => Promise<void>): Promise<void> => {
      const began = latency.begin(strategy as unknown as BalancingStrategy);
      await wait();
      latency.ended(
        node as unknown as RouterNode,
        strategy as unknown as BalancingStrategy,
        began,
        'answered',
      );
    };
    await measure(() => env.advance(400));
    await measure(() => env.stall(300));
    await measure(() => env.advance(3));
    await measure(() => env.advance(700));
    await env.advance(2_000);
    await measure(() => env.advance(400));
    expect(seen).toEqual([400, 3, 700, 400]);
    expect(watched).toEqual(seen);
  });
});

import { describe, expect, it } from '@jest/globals';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { CrowdWriter } from './crowd-writer.js';

function open(): {
  sent: string[];
  state: { crowded: boolean };
  write: (name: string) => void;
  env: VirtualEnv;
} {
  const env = new VirtualEnv();
  const sent: string[] = [];
  const state = { crowded: false };
  const writer = new CrowdWriter(env, () => state.crowded);
  return { env, sent, state, write: (name) => writer.written({ send: () => void sent.push(name) }) };
}

describe('CrowdWriter', () => {
  it('sends at once while nobody waits', () => {
    const { sent, write } = open();
    write('a');
    write('b');
    expect(sent).toEqual(['a', 'b']);
  });

  it('sends in order, after what was read in this turn, while somebody waits', async () => {
    const { env, sent, state, write } = open();
    state.crowded = true;
    write('a');
    write('b');
    expect(sent).toEqual([]);
    await env.advance(0);
    expect(sent).toEqual(['a', 'b']);
    write('c');
    await env.advance(0);
    expect(sent).toEqual(['a', 'b', 'c']);
  });

  it('forgets nothing that was held when the crowd is gone', async () => {
    const { env, sent, state, write } = open();
    state.crowded = true;
    write('a');
    state.crowded = false;
    write('b');
    expect(sent).toEqual(['b']);
    await env.advance(0);
    expect(sent).toEqual(['b', 'a']);
  });
});

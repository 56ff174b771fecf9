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

  it('holds all but the first of a turn, in order, while somebody waits', async () => {
    const { env, sent, state, write } = open();
    state.crowded = true;
    write('a');
    write('b');
    write('c');
    expect(sent).toEqual(['a']);
    await env.advance(0);
    expect(sent).toEqual(['a', 'b', 'c']);
    write('d');
    expect(sent).toEqual(['a', 'b', 'c', 'd']);
  });

  it('keeps the order when the crowd is gone, and then holds nothing', async () => {
    const { env, sent, state, write } = open();
    state.crowded = true;
    write('a');
    state.crowded = false;
    write('b');
    expect(sent).toEqual(['a']);
    await env.advance(0);
    write('c');
    write('d');
    expect(sent).toEqual(['a', 'b', 'c', 'd']);
  });
});

import { describe, expect, it } from '@jest/globals';
import { CausalTokens } from './causal-token.js';

const position = { systemId: '7423999999999999999', timeline: 3, at: '16/B374D848' };
const A = 'key a, which is long enough';
const B = 'key b, which is long enough';
let now = 1_700_000_000_000;

function codec(keys = [A], name = 'orders'): CausalTokens {
  return new CausalTokens(name, keys, 1_000, () => now);
}

describe('a token', () => {
  it('takes a position to another instance, in a form that headers and cookies take', () => {
    const token = codec().encode(position);
    expect(codec().decode(token)).toEqual(position);
    expect(token).toMatch(/^[\w.-]+$/);
    expect(token.length).toBeLessThan(140);
  });

  it('is accepted under every key, and signed by the first one', () => {
    const token = codec([A]).encode(position);
    expect(codec([B, A]).decode(token)).toEqual(position);
    expect(codec([B]).decode(token)).toBe('forged');
    expect(codec([B]).decode(codec([B, A]).encode(position))).toEqual(position);
  });

  it('is forged when a single character of it was changed', () => {
    const token = codec().encode(position);
    for (let at = 2; at < token.length - 1; at++) {
      if (token[at] === '.') continue;
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(codec().decode(changed)).toBe('forged');
    }
  });

  it('belongs to one router, and does not live for ever', () => {
    expect(codec().decode(codec([A], 'users').encode(position))).toBe('foreign');
    const token = codec().encode(position);
    now += 1_000;
    expect(codec().decode(token)).toEqual(position);
    now += 1;
    expect(codec().decode(token)).toBe('expired');
    now -= 200_000;
    expect(codec().decode(token)).toBe('expired');
  });

  it.each(['', 'x', '1.', '1..', '2.a.b', '1.a.b.c', `1.${'a'.repeat(5_000)}.b`, '🙂.🙂.🙂'])(
    'is not %j',
    (text) => {
      expect(codec().decode(text)).toBe('unreadable');
    },
  );
});

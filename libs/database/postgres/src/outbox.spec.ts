import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Outbox } from './outbox.js';

/** What a server would read: the code and the body of each message. */
function messages(bytes: Buffer): { code: string; body: Buffer }[] {
  const found: { code: string; body: Buffer }[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes.readInt32BE(at + 1);
    found.push({ code: String.fromCharCode(bytes[at]!), body: bytes.subarray(at + 5, at + 1 + length) });
    at += 1 + length;
  }
  return found;
}

function text(body: Buffer): string {
  return body.toString('utf8');
}

describe('Outbox', () => {
  it('writes the messages of the protocol, and gives each byte once', () => {
    const outbox = new Outbox();
    expect(outbox.empty).toBe(true);
    outbox.parse('s', 'SELECT $1');
    outbox.bind('', 's', ['a', null, 7]);
    outbox.execute(true);
    outbox.closeStatement('s');
    outbox.closePortal('p');
    outbox.page('p', 5);
    outbox.sync();
    outbox.query('SELECT 1');
    expect(outbox.empty).toBe(false);
    const all = messages(outbox.take());
    expect(outbox.empty).toBe(true);
    expect(outbox.take()).toHaveLength(0);
    expect(all.map(({ code }) => code).join('')).toBe('PBDESCCDESQ');
    expect(text(all[0]!.body)).toBe('s\0SELECT $1\0\0\0');
    expect(all[1]!.body).toEqual(
      Buffer.from([0, 0x73, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0x61, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0x37, 0, 0]),
    );
    expect(text(all[2]!.body)).toBe('P\0');
    expect(all[3]!.body).toEqual(Buffer.from([0, 0, 0, 0, 0]));
    expect(text(all[5]!.body)).toBe('Ss\0');
    expect(text(all[6]!.body)).toBe('Pp\0');
    expect(all[8]!.body).toEqual(Buffer.from([0x70, 0, 0, 0, 0, 5]));
    expect(text(all.at(-1)!.body)).toBe('SELECT 1\0');
  });

  it('sends Buffers as they are, and says of each value which it is', () => {
    const outbox = new Outbox();
    outbox.bind('', '', [Buffer.from([0, 1, 2]), 'é']);
    const [bind] = messages(outbox.take());
    expect(bind!.body).toEqual(
      Buffer.from([0, 0, 0, 2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 2, 0, 0, 0, 2, 0xc3, 0xa9, 0, 0]),
    );
  });

  it('takes what a large value needs, and does not hold it', () => {
    for (const value of ['x'.repeat(1_000_000), 'é'.repeat(1_000_000), Buffer.alloc(1_000_000)]) {
      const outbox = new Outbox();
      outbox.parse('', 'SELECT $1');
      outbox.bind('', '', [value, 'é', value]);
      outbox.execute(true);
      const large = outbox.take();
      expect(messages(large).map(({ code }) => code)).toEqual(['P', 'B', 'D', 'E', 'S']);
      expect(large.buffer.byteLength).toBeLessThan(1.6 * large.length);
      outbox.query('SELECT 1');
      expect(outbox.take().buffer.byteLength).toBeLessThan(100_000);
    }
  });

  it('never touches again what it gave away, however much is written', () => {
    const value = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.constant('x'.repeat(40_000)));
    fc.assert(
      fc.property(fc.array(fc.tuple(value, fc.boolean()), { maxLength: 40 }), (steps) => {
        const outbox = new Outbox();
        const taken: Buffer[] = [];
        const copies: Buffer[] = [];
        const texts: string[] = [];
        for (const [step, take] of steps) {
          // A NUL ends a text of the protocol; the server would refuse it.
          const plain = step.replaceAll('\0', '');
          texts.push(plain);
          outbox.query(plain);
          if (!take) continue;
          taken.push(outbox.take());
          copies.push(Buffer.from(taken.at(-1)!));
        }
        taken.push(outbox.take());
        copies.push(Buffer.from(taken.at(-1)!));
        expect(taken.map((bytes, at) => bytes.equals(copies[at]!))).not.toContain(false);
        expect(messages(Buffer.concat(taken)).map(({ body }) => text(body).slice(0, -1))).toEqual(texts);
      }),
    );
  });
});

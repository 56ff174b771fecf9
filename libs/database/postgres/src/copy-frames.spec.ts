import { describe, expect, it } from '@jest/globals';
import { array, assert, oneof, property, string, uint8Array } from 'fast-check';
import { CopyFrames, copyFail } from './copy-frames.js';

/** The data of messages, as the server reads it. */
function dataOf(messages: readonly Buffer[]): Buffer {
  const all = Buffer.concat(messages);
  const pieces: Buffer[] = [];
  for (let at = 0; at < all.length;) {
    expect(all[at]).toBe(0x64);
    const length = all.readUInt32BE(at + 1);
    pieces.push(all.subarray(at + 5, at + 1 + length));
    at += 1 + length;
  }
  return Buffer.concat(pieces);
}

function frame(pieces: readonly (string | Uint8Array)[]): Buffer[] {
  const frames = new CopyFrames();
  const messages = pieces.map((piece) => frames.add(piece));
  return [...messages, frames.take()].filter((message) => message !== undefined);
}

describe('CopyFrames', () => {
  it('hands on every byte in order, whatever the pieces', () => {
    const piece = oneof(
      string({ unit: 'binary', maxLength: 30_000, size: 'max' }),
      uint8Array({ maxLength: 100_000, size: 'max' }),
    );
    assert(
      property(array(piece, { maxLength: 12 }), (pieces) => {
        const expected = Buffer.concat(pieces.map((one) => Buffer.from(one as string)));
        expect(dataOf(frame(pieces)).equals(expected)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gathers rows, and copies what is not its own', () => {
    const row = Buffer.from('1\tone\n');
    const frames = new CopyFrames();
    frames.add(row);
    row.fill(0);
    expect(dataOf([frames.take()!]).toString()).toBe('1\tone\n');
    expect(frames.take()).toBeUndefined();
    expect(frame(Array.from({ length: 5_000 }, () => '1\tone\n'))).toHaveLength(1);
  });

  it('tells the server why there is no more', () => {
    expect(copyFail('no').toString('latin1')).toBe('f\0\0\0\u0007no\0');
  });
});

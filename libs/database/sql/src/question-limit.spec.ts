import { describe, expect, it } from '@jest/globals';
import { QuestionLimit } from './question-limit.js';

const LATE = new Error('too late');

describe('the limit of a question', () => {
  it('gives what the work settles to, as long as it is not over', async () => {
    expect(await new QuestionLimit().bound(Promise.resolve(1))).toBe(1);
    await expect(new QuestionLimit().bound(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  });

  it('rejects with the first reason, whatever the work does later', async () => {
    const limit = new QuestionLimit();
    let fail: (error: Error) => void = () => {};
    const bound = limit.bound(new Promise((_, reject) => (fail = reject)));
    limit.end(LATE);
    limit.end(new Error('closed'));
    fail(new Error('refused'));
    await expect(bound).rejects.toBe(LATE);
    expect(limit.reason).toBe(LATE);
  });

  it('aborts who connects, also one who begins to only then', () => {
    const limit = new QuestionLimit();
    const { signal } = limit;
    expect(signal.aborted).toBe(false);
    limit.end(LATE);
    expect([signal.aborted, signal.reason]).toEqual([true, LATE]);
    const late = new QuestionLimit();
    late.end(LATE);
    expect(late.signal.reason).toBe(LATE);
  });
});

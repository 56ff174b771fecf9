import { VirtualEnv } from '@nest-pooling/core/testing';
import { describe, expect, it } from '@jest/globals';
import { Pace, timed } from './pace.js';

describe('Pace', () => {
  it('one long execution is enough to be slow, several fast ones to be fast again', () => {
    const pace = new Pace();
    // Nothing is known yet: not to be shared while sessions are free.
    expect(pace).toMatchObject({ slow: false, brisk: false });
    pace.took(0.1);
    expect(pace).toMatchObject({ slow: false, brisk: true });
    pace.took(100);
    expect(pace).toMatchObject({ slow: true, brisk: false });
    pace.took(0.1);
    expect(pace.slow).toBe(true);
    for (let n = 0; n < 20; n++) pace.took(0.1);
    expect(pace).toMatchObject({ slow: false, brisk: true });
  });

  it('does not go to and fro between its two limits', () => {
    const pace = new Pace();
    for (let n = 0; n < 50; n++) pace.took(4);
    expect(pace).toMatchObject({ slow: false, brisk: false });
    pace.took(100);
    for (let n = 0; n < 50; n++) pace.took(4);
    expect(pace.slow).toBe(true);
  });

  it('is slow as soon as an execution has run for long, not only at its end', () => {
    const pace = new Pace();
    pace.takes(11);
    expect(pace.slow).toBe(true);
  });

  it('takes a negative time, which a way that became shorter gives, for none', () => {
    const pace = new Pace();
    pace.took(-50);
    pace.took(1);
    expect(pace.brisk).toBe(true);
    for (let n = 0; n < 30; n++) pace.took(2);
    expect(pace.brisk).toBe(false);
  });

  it('learns from what runs alone, without the way to the server', async () => {
    const env = new VirtualEnv();
    const pace = new Pace();
    const work = (): Promise<string> =>
      new Promise((resolve) => {
        env.scheduler.after(32, () => resolve('done'));
      });
    expect(await env.until(timed(pace, env.scheduler, 30, work))).toBe('done');
    expect(pace.slow).toBe(false);
    await env.until(timed(pace, env.scheduler, 0, work));
    expect(pace.slow).toBe(true);
  });
});

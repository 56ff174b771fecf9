import { describe, expect, it } from '@jest/globals';
import { Problems } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { postgresFault } from './fault.js';
import { NoHostError } from './host-errors.js';
import { Hosts } from './hosts.js';
import { postgresTarget } from './target.js';
import type { PostgresNodeOptions } from './target-options.js';

const during = { lane: 'write', role: 'unknown', sent: false, committing: false } as const;

/** Hosts that refuse, or never answer, on virtual time. */
function bench(options: Partial<PostgresNodeOptions>) {
  const env = new VirtualEnv(3);
  const target = postgresTarget('n', { user: 'u', hosts: ['a', 'b', 'c'], ...options }, new Problems())!;
  const hosts = new Hosts();
  const down = new Set<string>();
  const silent = new Set<string>();
  const tried: string[] = [];
  const abort = new AbortController();
  const open = (): Promise<unknown> =>
    hosts.open(target, 'write', env, abort.signal, ({ host }, signal) => {
      tried.push(host);
      if (down.has(host))
        return Promise.reject(Object.assign(new Error(`connect ${host}`), { code: 'ECONNREFUSED' }));
      if (!silent.has(host)) return Promise.resolve(host as never);
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    });
  return { env, down, silent, tried, abort, open };
}

describe('Hosts', () => {
  it('tries them in their order, and those that failed last for a while', async () => {
    const { env, down, silent, tried, open } = bench({});
    expect(await open()).toBe('a');
    down.add('a');
    expect(await open()).toBe('b');
    expect(await open()).toBe('b');
    down.add('b').add('c');
    await expect(open()).rejects.toThrow(NoHostError);
    down.clear();
    await env.advance(31_000);
    expect(await open()).toBe('a');
    expect(tried).toEqual(['a', 'a', 'b', 'b', 'b', 'c', 'a', 'a']);
    silent.add('a');
    const opening = open();
    await env.advance(2_001);
    expect(await opening).toBe('b');
    expect(await open()).toBe('b');
    silent.clear();
    await env.advance(31_000);
    expect(await open()).toBe('a');
  });

  it('waits for each but the last one only so long', async () => {
    const { env, silent, tried, abort, open } = bench({ hostTimeoutMs: 100 });
    silent.add('a').add('b').add('c');
    const opening = open();
    opening.catch(() => {});
    await env.advance(99);
    expect(tried).toEqual(['a']);
    await env.advance(102);
    expect(tried).toEqual(['a', 'b', 'c']);
    await env.advance(60_000);
    const reason = new Error('the pool waits no longer');
    abort.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(env.pendingTimers).toBe(0);
  });

  it('leaves the order to chance where that is wanted', async () => {
    const { tried, open } = bench({ loadBalanceHosts: true });
    for (let n = 0; n < 60; n++) await open();
    for (const host of ['a', 'b', 'c']) expect(tried.filter((one) => one === host).length).toBeGreaterThan(5);
  });

  it('tells what is wrong with each', async () => {
    const { down, open } = bench({ hosts: ['a:1', 'b'] });
    down.add('a').add('b');
    const error = await open().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'SQL_NO_HOST',
      message:
        'n: no host can be used (a:1: connect a; b:5432: connect b). Check hosts and targetSessionAttrs, and the servers.',
      reasons: [{ host: 'a:1' }, { host: 'b:5432' }],
      cause: { code: 'ECONNREFUSED' },
    });
    expect(postgresFault(error, during)).toMatchObject({
      category: 'connection',
      scope: 'node',
      outcome: 'not-sent',
    });
  });

  it('gives the error of a single host as it is', async () => {
    const { down, open } = bench({ hosts: ['a'] });
    down.add('a');
    await expect(open()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

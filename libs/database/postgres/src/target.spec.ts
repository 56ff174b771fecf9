import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { OptionsError, Problems } from '@nest-pooling/core';
import { postgresTarget } from './target.js';
import type { PostgresNodeOptions, PostgresTarget } from './target-options.js';

function read(options: PostgresNodeOptions): PostgresTarget {
  const problems = new Problems();
  const target = postgresTarget('orders.primary', options, problems, 'primary');
  problems.throwIfAny('orders');
  return target!;
}

function refusal(options: object): string {
  let refused: unknown;
  try {
    read(options);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(OptionsError);
  return (refused as Error).message;
}

describe('postgresTarget', () => {
  it('reads a URL, decoded', async () => {
    const target = read({
      url: 'postgresql://us%40er:p%3Aw%2F@db.example:6432/or%20ders?application_name=app&channel_binding=require',
      proxied: true,
    });
    expect(target).toMatchObject({
      id: 'orders.primary',
      host: 'db.example',
      port: 6432,
      database: 'or ders',
      proxied: true,
      applicationName: 'app',
      channelBinding: true,
    });
    await expect(target.credentials()).resolves.toEqual({ user: 'us@er', password: 'p:w/' });
  });

  it('reads parts, with defaults', async () => {
    expect(read({ user: 'me', proxied: true })).toMatchObject({ proxied: true, proxy: 'transaction' });
    expect(read({ user: 'me', proxied: 'session' })).toMatchObject({ proxied: true, proxy: 'session' });
    expect(refusal({ user: 'me', proxied: 'pgbouncer' })).toMatch(
      /primary\.proxied: must be true, false or 'session'/,
    );
    const target = read({ user: 'me' });
    expect(target).toMatchObject({ host: 'localhost', port: 5432, proxied: false, channelBinding: false });
    expect('database' in target).toBe(false);
    await expect(target.credentials()).resolves.toEqual({ user: 'me' });
  });

  it('reads several hosts, in a URL or beside it', () => {
    const url =
      'postgres://us%2Cer:p%40@a:5433,[::1],10.0.0.1:6000/shop?target_session_attrs=read-write&load_balance_hosts=random&connect_timeout=3';
    expect(read({ url })).toMatchObject({
      host: 'a',
      port: 5433,
      hosts: [
        { host: 'a', port: 5433 },
        { host: '::1', port: 5432 },
        { host: '10.0.0.1', port: 6000 },
      ],
      sessionAttrs: 'read-write',
      loadBalanceHosts: true,
      hostTimeoutMs: 3_000,
      database: 'shop',
    });
    expect(read({ url: 'postgres:///b?host=c,d', user: 'a' }).hosts).toEqual([
      { host: 'c', port: 5432 },
      { host: 'd', port: 5432 },
    ]);
    expect(
      read({ user: 'a', hosts: ['a', 'b:1', '/run/postgresql'], port: 7_000, targetSessionAttrs: 'standby' }),
    ).toMatchObject({
      hosts: [
        { host: 'a', port: 7_000 },
        { host: 'b', port: 1 },
        { host: '/run/postgresql', port: 7_000 },
      ],
      sessionAttrs: 'standby',
      loadBalanceHosts: false,
      hostTimeoutMs: 2_000,
    });
    expect(read({ user: 'a' }).hosts).toEqual([{ host: 'localhost', port: 5432 }]);
  });

  it('reads addresses of version 6 and folders of sockets', () => {
    expect(read({ url: 'postgres://a@[::1]:1/b' }).host).toBe('::1');
    expect(read({ url: 'postgres://a@%2Frun%2Fpostgresql/b' }).host).toBe('/run/postgresql');
    expect(read({ url: 'postgres:///b?host=/run/postgresql', user: 'a' }).host).toBe('/run/postgresql');
  });

  it('asks for the password and for TLS at every connect', async () => {
    let asked = 0;
    const target = read({
      url: 'postgres://a@h/b',
      password: async () => `token-${++asked}`,
      tls: () => ({ servername: `s${asked}` }),
    });
    await expect(target.credentials()).resolves.toEqual({
      user: 'a',
      password: 'token-1',
      tls: { servername: 's1' },
    });
    await expect(target.credentials()).resolves.toMatchObject({ password: 'token-2' });
  });

  it.each([
    ['disable', undefined],
    ['require', { rejectUnauthorized: false }],
    ['no-verify', { rejectUnauthorized: false }],
    ['verify-ca', { rejectUnauthorized: true, checkServerIdentity: expect.any(Function) }],
    ['verify-full', { rejectUnauthorized: true }],
  ])('takes sslmode=%s as libpq does', async (mode, tls) => {
    const { tls: actual } = await read({ url: `postgres://a@h/b?sslmode=${mode}` }).credentials();
    expect(actual).toEqual(tls);
  });

  it('reads certificates anew at every connect', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nest-pooling-target-'));
    const file = join(folder, 'root.pem');
    await writeFile(file, 'one');
    const target = read({ url: `postgres://a@h/b?sslmode=require&sslrootcert=${encodeURIComponent(file)}` });
    // An authority that is given is checked against, even by `require`.
    await expect(target.credentials()).resolves.toMatchObject({
      tls: { rejectUnauthorized: true, ca: Buffer.from('one') },
    });
    await writeFile(file, 'two');
    await expect(target.credentials()).resolves.toMatchObject({ tls: { ca: Buffer.from('two') } });
    await rm(folder, { recursive: true });
  });

  it('takes tls: true for checked TLS and false for none', async () => {
    await expect(read({ user: 'a', tls: true }).credentials()).resolves.toEqual({ user: 'a', tls: {} });
    await expect(read({ user: 'a', tls: false }).credentials()).resolves.toEqual({ user: 'a' });
  });

  it('case 38: the protocol decides what a URL is for, never a word in it', () => {
    const target = read({ url: 'postgres://mysql:sqlite@oracle/mysql' });
    expect(target).toMatchObject({ host: 'oracle', database: 'mysql' });
    expect(refusal({ url: 'mysql://postgres:secret@postgres/postgres' })).toMatch(
      /primary\.url: must begin with postgres:\/\/ or postgresql:\/\/ \(got 'mysql:\/\/…'\)/,
    );
    expect(refusal({ url: 'sqlite:postgres.db' })).toMatch(/must begin with/);
    expect(refusal({ url: 'xpostgres://a@h/b' })).toMatch(/must begin with/);
  });

  it.each([
    [{ url: 'postgres://a:secret@h:99999/b' }, /url: is no URL/],
    [{ url: 'postgres://a:se%zzcret@h/b' }, /password that is not percent-encoded/],
    [
      { url: 'postgres://a:secret@h,:1/b' },
      /url hosts\[1\]: must be a host, host:port or \[address\]:port \(got ':1'\)/,
    ],
    [{ url: 'postgres://a:secret@h:0,i/b' }, /url hosts\[0\]/],
    [{ url: 'postgres://a:secret@h,i/b', host: 'secret' }, /host: is given beside several hosts/],
    [{ url: 'postgres://a:secret@h/b', hosts: ['i'] }, /host: is given beside several hosts/],
    [
      { url: 'postgres://a:secret@h/b?target_session_attrs=master' },
      /url target_session_attrs: must be one of any, read-write/,
    ],
    [{ url: 'postgres://a:secret@h/b?connect_timeout=soon' }, /connect_timeout: must be a whole number/],
    [
      { user: 'a', hosts: [], targetSessionAttrs: 'x', loadBalanceHosts: 1, hostTimeoutMs: 0 },
      /Attrs.*\n.*loadBalance.*\n.*hostTimeoutMs.*\n.*hosts: must be an array/,
    ],
    [{ url: 'postgres://a:secret@h/b?sslmode=prefer' }, /sslmode=prefer, which may silently/],
    [{ url: 'postgres://a:secret@h/b?sslmode=maybe' }, /url sslmode: must be one of/],
    [{ url: 'postgres://a:secret@h/b?sslrootcert=x' }, /no sslmode that would use it/],
    [{ url: 'postgres://a:secret@h/b?pool_size=secret' }, /parameter 'pool_size' that is not supported/],
    [{ url: 'postgres://a:secret@h/b', password: 'secret' }, /primary\.password: is in the url already/],
    [{ url: 'postgres://a:secret@h/b?sslmode=require', tls: true }, /primary\.tls: is in the url already/],
    [{ url: 'postgres://h/b' }, /primary\.user: is missing/],
    [{}, /primary\.user: is missing/],
    [{ user: 'a', port: 0, host: '', tls: 'secret', password: 7 }, /host.*\n.*port.*\n.*password.*\n.*tls/],
  ])('refuses %j without showing a secret', (options, pattern) => {
    const message = refusal(options);
    expect(message).toMatch(pattern);
    expect(message).not.toMatch(/se%zzcret|secret/);
  });
});

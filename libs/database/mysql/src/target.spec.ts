import { describe, expect, it } from '@jest/globals';
import { Problems } from '@nest-pooling/core';
import { mysqlTarget } from './target.js';
import type { MysqlNodeOptions } from './target-options.js';

function problemsOf(options: object): string {
  const problems = new Problems();
  expect(mysqlTarget('n', options as MysqlNodeOptions, problems, 'primary')).toBeUndefined();
  try {
    problems.throwIfAny('a pool');
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

describe('a target', () => {
  it('is read from a URL, percent-encoding and all', async () => {
    const url = 'mariadb://us%40er:p%3Aw@db.example:3310/sh%2Fop?ssl-mode=VERIFY_IDENTITY';
    const target = mysqlTarget('orders.primary', { url }, new Problems())!;
    expect(target).toMatchObject({
      id: 'orders.primary',
      host: 'db.example',
      port: 3310,
      database: 'sh/op',
      proxied: false,
    });
    expect(await target.credentials()).toEqual({
      user: 'us@er',
      password: 'p:w',
      tls: { rejectUnauthorized: true },
    });
  });

  it('is read from its parts, with defaults', async () => {
    const asked: boolean[] = [];
    const target = mysqlTarget(
      'n',
      {
        user: 'app',
        password: ({ refused }) => {
          asked.push(refused);
          return 'token';
        },
        tls: true,
        proxied: 'session',
      },
      new Problems(),
    )!;
    expect(target).toMatchObject({ host: 'localhost', port: 3306, proxied: true });
    expect(await target.credentials({ refused: true })).toEqual({ user: 'app', password: 'token', tls: {} });
    expect(asked).toEqual([true]);
    expect(mysqlTarget('n', { url: 'mysql://a@h/d?socket=/run/s.sock' }, new Problems())).toMatchObject({
      host: '/run/s.sock',
    });
    expect(mysqlTarget('n', { url: 'mysql://a@[::1]:33/d' }, new Problems())).toMatchObject({
      host: '::1',
      port: 33,
    });
  });

  it.each([
    [{ url: 'postgres://a@h/mysql' }, /must begin with mysql:\/\/ or mariadb:\/\/ \(got .postgres:/],
    [{ url: 'mysql://a:top%secret@h/d' }, /percent-encoded/],
    [{ url: 'not a url top secret' }, /is no URL/],
    [{ url: 'mysql://a@h/d?charset=utf8' }, /parameter 'charset' that is not supported/],
    [{ url: 'mysql://a@h/d?ssl-mode=preferred' }, /may silently do without TLS/],
    [{ url: 'mysql://a@h/d?ssl-mode=some' }, /ssl-mode/],
    [{ url: 'mysql://a@h/d?ssl-ca=x' }, /no ssl-mode that would use it/],
    [{ url: 'mysql://a@h/d?ssl-mode=required&sslmode=require' }, /both/],
    [{ url: 'mysql://a@h/d', user: 'b' }, /primary.user: is in the url already/],
    [{ url: 'mysql://a@h/d?sslmode=disable', tls: true }, /primary.tls: is in the url already/],
    [{ host: 'h' }, /primary.user: is missing/],
    [{ user: 'a', port: 0 }, /primary.port/],
    [{ user: 'a', host: '' }, /primary.host: must not be empty/],
    [{ user: 'a', password: 5 }, /primary.password/],
    [{ user: 'a', tls: 'yes' }, /primary.tls/],
    [{ user: 'a', proxied: 'no' }, /primary.proxied/],
  ])('%j is refused', (options, pattern) => {
    const message = problemsOf(options);
    expect(message).toMatch(pattern);
    expect(message).not.toContain('secret');
  });
});

import { describe, expect, it } from '@jest/globals';
import { OptionsError } from '@nest-pooling/core';
import { asked, drivers, problemsOf } from './entries.fixture.js';
import { fromUrl } from './from-url.js';

describe('fromUrl', () => {
  it('chooses the driver by the protocol, in whatever case it is written', () => {
    expect(asked(fromUrl('postgres://a/b', { drivers })).kind).toBe('pg');
    expect(asked(fromUrl('PostgreSQL://a/b', { drivers })).kind).toBe('pg');
    expect(asked(fromUrl('mariadb://a/b', { drivers })).kind).toBe('my');
  });

  it('looks at nothing else: words of other drivers in a host, a user, a password or a database mean nothing', () => {
    const url = 'mysql://postgres:postgresql%3A@postgres.internal/postgres?note=postgres://x';
    expect(asked(fromUrl(url, { drivers })).kind).toBe('my');
    expect(asked(fromUrl('postgres://mysql@mysql/mysql', { drivers })).kind).toBe('pg');
    expect(problemsOf(() => fromUrl('xpostgres://a/b', { drivers }))).toEqual([
      'url: has the protocol xpostgres:, which no driver in drivers serves; they serve postgres:, postgresql:, mysql:, mariadb:',
    ]);
  });

  it('hands on replicas and options as they are', () => {
    const options = { pool: { max: 3 }, proxied: true, maxRows: 10 };
    const replicas = ['postgres://r1/b', 'postgresql://r2/b'];
    const made = asked(fromUrl('postgres://a/b', { drivers, replicas, ...options }));
    expect(made.urls).toEqual({ url: 'postgres://a/b', replicas });
    expect(made.options).toEqual(options);
    expect(asked(fromUrl('postgres://a/b', { drivers })).urls).toEqual({ url: 'postgres://a/b' });
    expect(asked(fromUrl('postgres://a/b', { drivers, replicas: [] })).urls).toHaveProperty('replicas', []);
  });

  it('says where a driver can be had that is not there', () => {
    expect(problemsOf(() => fromUrl('sqlite:///shop.db', { drivers }))).toEqual([
      'url: has the protocol sqlite:, which needs another driver: npm install @nest-pooling/sqlite, and add its entry to drivers',
    ]);
  });

  it('tells everything that is wrong at once, and shows no URL', () => {
    const secret = 'hunter2';
    const work = (): unknown =>
      fromUrl(`user:${secret}@host`, {
        drivers,
        replicas: [`mysql://u:${secret}@r`, `postgres://u:${secret}@r`, '', 7 as never],
      });
    expect(problemsOf(work)).toEqual([
      'url: has the protocol user:, which no driver in drivers serves; they serve postgres:, postgresql:, mysql:, mariadb:',
      'replicas[1]: is for another kind of server than the first (postgres:)',
      'replicas[2]: is missing',
      "replicas[3]: must be a URL (got 'number')",
    ]);
    expect(work).toThrow(OptionsError);
    expect(problemsOf(() => fromUrl(`C:\\${secret}`, { drivers }))).toEqual([
      'url: is no URL: it must begin with a protocol, such as postgres://',
    ]);
    expect(problemsOf(() => fromUrl('postgres://a', { drivers: [] }))).toEqual([
      'drivers: must be a list of at least one driver, such as [postgresEntry]',
    ]);
    expect(problemsOf(() => fromUrl(undefined as never, { drivers }))).toEqual(['url: is missing']);
  });
});

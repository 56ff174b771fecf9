import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Problems, systemEnv } from '@nest-pooling/core';
import { MysqlDriver } from './driver.js';
import { ResetFailedError } from './errors.js';
import { LIMIT_MS, Servers, value } from './servers.fixture.js';
import type { MysqlSession } from './session.js';
import { mysqlTarget } from './target.js';

describe('a session whose borrower has chosen another database', () => {
  let servers: Servers;
  let session: MysqlSession;

  beforeAll(async () => {
    servers = await Servers.start();
    await servers.cluster.createDatabase('else`where');
  }, LIMIT_MS);

  afterAll(() => servers?.stop(), LIMIT_MS);

  afterEach(() => session.close());

  async function open(database: string): Promise<MysqlSession> {
    const url = new URL(servers.primary.url);
    url.pathname = `/${database}`;
    const target = mysqlTarget('test.primary', { url: url.href }, new Problems())!;
    return (session = await new MysqlDriver().connect(
      target,
      'write',
      systemEnv,
      new AbortController().signal,
    ));
  }

  const chosen = (): Promise<unknown> => value(session, 'SELECT DATABASE()');

  it.each(['mysql', encodeURIComponent('else`where')])('comes back to its own: %s', async (database) => {
    await open(database);
    await session.execute({ text: 'USE information_schema' });
    await session.reset();
    expect(await chosen()).toBe(decodeURIComponent(database));
  });

  it('without one of its own it is given up', async () => {
    await open('');
    await session.reset();
    expect(await chosen()).toBeNull();
    await session.execute({ text: 'USE information_schema' });
    await expect(session.reset()).rejects.toBeInstanceOf(ResetFailedError);
    expect(session.state).toBe('broken');
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { Problems } from '@nest-pooling/core';
import { VirtualEnv } from '@nest-pooling/core/testing';
import { LoginRefusedError } from './errors.js';
import { postgresFault } from './fault.js';
import { LoginGuard, type Login } from './login.js';
import { postgresTarget } from './target.js';
import type { PostgresNodeOptions, PostgresTarget } from './target-options.js';

const { signal } = new AbortController();
const target = (options: Partial<PostgresNodeOptions>): PostgresTarget =>
  postgresTarget('orders.primary', { user: 'app', ...options }, new Problems())!;
const serverSays = (code: string, message = 'no'): Error =>
  Object.assign(new Error(message), { code, severity: 'FATAL' });

/** A server that takes one password, after a moment. */
class Server {
  /** Those it was asked with. */
  readonly tried: (string | undefined)[] = [];

  constructor(
    private readonly env: VirtualEnv,
    public password: string,
    private readonly error = serverSays('28P01'),
  ) {}

  readonly attempt = ({ password }: Login): Promise<string> => {
    this.tried.push(password);
    return new Promise((resolve, reject) => {
      this.env.scheduler.after(5, () =>
        password === this.password ? resolve('a session') : reject(this.error),
      );
    });
  };
}

function bench(password: PostgresNodeOptions['password'], wanted: string, error?: Error) {
  const env = new VirtualEnv();
  const server = new Server(env, wanted, error);
  const guard = new LoginGuard();
  const node = target({ password: password! });
  const login = (): Promise<string> => guard.run(node, env, new AbortController().signal, server.attempt);
  const together = async (count: number): Promise<PromiseSettledResult<string>[]> => {
    const [results] = await Promise.all([
      Promise.allSettled(Array.from({ length: count }, login)),
      env.advance(50),
    ]);
    return results;
  };
  const one = async (): Promise<PromiseSettledResult<string>> => (await together(1))[0]!;
  return { env, server, one, together };
}

describe('LoginGuard', () => {
  it('asks once more when the server refuses, saying so, and tries what is new at once', async () => {
    const give = jest.fn(({ refused }: { refused: boolean }) => (refused ? 'new' : 'old'));
    const { server, one } = bench(give, 'new');
    expect(await one()).toMatchObject({ value: 'a session' });
    expect(server.tried).toEqual(['old', 'new']);
    expect(give.mock.calls).toEqual([[{ refused: false }], [{ refused: true }]]);
  });

  it('does not try the same again, and gives the word of the server', async () => {
    const { server, one } = bench('wrong', 'right');
    expect(await one()).toMatchObject({ reason: { code: '28P01' } });
    expect(server.tried).toEqual(['wrong']);
  });

  it('lets refused credentials rest, longer each time, and says so without asking the server', async () => {
    const { env, server, one } = bench('wrong', 'right');
    const tries: number[] = [];
    for (let at = 0; at < 200; at++) {
      const before = server.tried.length;
      await one();
      if (server.tried.length > before) tries.push(Math.round(env.scheduler.now() / 1_000));
      await env.advance(500);
    }
    expect(tries).toEqual([0, 1, 3, 8, 16, 33, 63, 93]);
    const { reason } = (await one()) as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(LoginRefusedError);
    expect(reason).toMatchObject({ code: 'SQL_LOGIN_REFUSED', refusals: 8, cause: { code: '28P01' } });
    expect((reason as Error).message).toMatch(
      /refused these credentials 8 times in a row; they are not tried again for \d+ ms/,
    );
    expect((reason as Error).message).not.toContain('wrong');
    expect(
      postgresFault(reason, { lane: 'write', role: 'primary', sent: false, committing: false }),
    ).toMatchObject({
      category: 'auth',
      scope: 'node',
      outcome: 'not-sent',
    });
  });

  it('tries others at once, and forgets the refusals when the server has accepted some', async () => {
    let password = 'wrong';
    const { server, one } = bench(() => password, 'right');
    await one();
    password = 'right';
    expect(await one()).toMatchObject({ status: 'fulfilled' });
    server.password = 'other';
    await one();
    expect(server.tried).toEqual(['wrong', 'right', 'right']);
    expect(await one()).toMatchObject({ reason: { refusals: 1 } });
  });

  it('of many who come with new credentials one tries them first', async () => {
    const wrong = bench('wrong', 'right');
    const refused = await wrong.together(20);
    expect(wrong.server.tried).toEqual(['wrong']);
    expect(refused.every(({ status }) => status === 'rejected')).toBe(true);
    const right = bench('right', 'right');
    const opened = await right.together(20);
    expect(right.server.tried).toHaveLength(20);
    expect(opened.every(({ status }) => status === 'fulfilled')).toBe(true);
  });

  it('after the pause one tries, too', async () => {
    const { env, server, one, together } = bench('wrong', 'right');
    await one();
    await env.advance(1_000);
    await together(10);
    expect(server.tried).toHaveLength(2);
  });

  it('has nothing to do with other failures', async () => {
    const { server, one } = bench('any', 'other', Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
    for (let n = 0; n < 3; n++) expect(await one()).toMatchObject({ reason: { code: 'ECONNREFUSED' } });
    expect(server.tried).toHaveLength(3);
  });

  it('understands a pooler, whose code says nothing', async () => {
    const { server, one } = bench('wrong', 'right', serverSays('08P01', 'SASL authentication failed'));
    await one();
    expect(await one()).toMatchObject({ reason: { code: 'SQL_LOGIN_REFUSED' } });
    expect(server.tried).toHaveLength(1);
  });

  it('tells certificates apart', async () => {
    const env = new VirtualEnv();
    const guard = new LoginGuard();
    let cert = 'old';
    const node = target({ tls: () => ({ cert, key: Buffer.from('k') }) });
    const seen: unknown[] = [];
    const attempt = async ({ tls }: Login): Promise<void> => {
      seen.push((tls as { cert: string }).cert);
      if (cert === 'old') throw serverSays('28000');
    };
    await expect(guard.run(node, env, signal, attempt)).rejects.toMatchObject({ code: '28000' });
    await expect(guard.run(node, env, signal, attempt)).rejects.toThrow(LoginRefusedError);
    cert = 'new';
    await guard.run(node, env, signal, attempt);
    expect(seen).toEqual(['old', 'new']);
  });
});

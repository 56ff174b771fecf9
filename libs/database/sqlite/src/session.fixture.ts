import { systemEnv, type Env } from '@nest-pooling/core';
import type { Lane, RawResult } from '@nest-pooling/sql';
import { SqliteDriver } from './driver.js';
import type { SqliteDriverOptions } from './driver-options.js';
import type { SqliteSession } from './session.js';

/** Sessions of one driver on one database, closed together. */
export class Sessions {
  readonly driver: SqliteDriver;
  readonly #open: SqliteSession[] = [];

  constructor(
    options: SqliteDriverOptions = {},
    private readonly path = ':memory:',
  ) {
    this.driver = new SqliteDriver(options);
  }

  async open(lane: Lane = 'write', env: Env = systemEnv): Promise<SqliteSession> {
    const credentials = () => Promise.resolve({ user: '' });
    const target = {
      id: 'shop.file',
      host: 'localhost',
      port: 0,
      database: this.path,
      proxied: false,
      credentials,
    };
    const session = await this.driver.connect(target, lane, env, new AbortController().signal);
    this.#open.push(session);
    return session;
  }

  close(): void {
    for (const session of this.#open) session.destroy();
    this.driver.forget();
  }
}

/** Runs a text. */
export function run(session: SqliteSession, text: string, ...params: readonly unknown[]): Promise<RawResult> {
  return session.execute({ text, params });
}

/** The rows of a text as arrays. */
export async function rows(
  session: SqliteSession,
  text: string,
  ...params: readonly unknown[]
): Promise<readonly unknown[]> {
  return (await session.execute({ text, params, rowMode: 'array' })).rows;
}

/** What a promise is rejected with. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('it should have been refused');
    },
    (error: unknown) => error,
  );
}

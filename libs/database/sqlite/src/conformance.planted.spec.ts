import { describe, expect, it } from '@jest/globals';
import type { QueryOptions, SqlPool, SqlResult, TransactionOptions } from '@nest-pooling/sql';
import { sqlConformance, type SqlHarness } from '@nest-pooling/sql/testing';
import { memoryHarness } from './harness.fixture.js';

type Face = Record<string, (...given: never[]) => unknown>;

/** A pool whose methods are replaced by a planted fault. */
function planted(plant: (pool: SqlPool) => object): SqlHarness {
  return {
    ...memoryHarness,
    open: async (options) => {
      const opened = await memoryHarness.open(options);
      const { managed } = opened;
      const faults = plant(managed.face) as Face;
      const face = new Proxy(managed.face, {
        get: (target, key) => {
          const value: unknown = faults[key as string] ?? Reflect.get(target, key, target);
          return typeof value === 'function'
            ? (value as (...given: unknown[]) => unknown).bind(target)
            : value;
        },
      });
      return {
        ...opened,
        managed: new Proxy(managed, {
          get: (target, key) => {
            if (key === 'face') return face;
            const value: unknown = Reflect.get(target, key, target);
            return typeof value === 'function'
              ? (value as (...given: unknown[]) => unknown).bind(target)
              : value;
          },
        }),
      };
    },
  };
}

type Query = (text: string, params?: readonly unknown[], options?: QueryOptions) => Promise<SqlResult>;
const changed =
  (pool: SqlPool, change: (result: SqlResult) => Partial<SqlResult>): Query =>
  async (text, params, options) => {
    const result = await pool.query(text, params, options);
    return { ...result, ...change(result) };
  };

/** What is planted, and a case that has to see it. */
const FAULTS: readonly (readonly [string, string, (pool: SqlPool) => object])[] = [
  [
    'rows in another order',
    'a query gives rows as objects',
    (pool) => ({ query: changed(pool, ({ rows }) => ({ rows: rows.toReversed() })) }),
  ],
  [
    'no number of rows',
    'writes tell how many rows',
    (pool) => ({ query: changed(pool, () => ({ rowCount: 1 })) }),
  ],
  [
    'rows as objects only',
    'rows come as arrays',
    (pool) => ({ query: (text: string, params?: readonly unknown[]) => pool.query(text, params) }),
  ],
  [
    'a signal that is ignored',
    'a signal that has aborted before',
    (pool) => ({ query: (text: string, params?: readonly unknown[]) => pool.query(text, params) }),
  ],
  [
    'a commit in spite of an error',
    'one that throws has not happened',
    (pool) => ({
      transaction: async (work: Parameters<SqlPool['transaction']>[0], options?: TransactionOptions) => {
        let failure: { readonly error: unknown } | undefined;
        const result = await pool.transaction(
          (tx) => work(tx).catch((error: unknown) => void (failure = { error })),
          options,
        );
        if (failure) throw failure.error;
        return result;
      },
    }),
  ],
  [
    'an error that is not the work’s own',
    'one that throws has not happened',
    (pool) => ({
      transaction: (work: Parameters<SqlPool['transaction']>[0], options?: TransactionOptions) =>
        pool.transaction(work, options).catch((error: Error) => {
          throw new Error(error.message, { cause: error });
        }),
    }),
  ],
  [
    'read-only that is not',
    'a read-only transaction refuses writes',
    (pool) => ({ transaction: (work: Parameters<SqlPool['transaction']>[0]) => pool.transaction(work) }),
  ],
  [
    'a use that leaks',
    'a temporary table is gone',
    (pool) => ({
      use: (work: Parameters<SqlPool['use']>[0]) => {
        void pool.use(() => new Promise(() => {}));
        return pool.use(work, { timeoutMs: 50 });
      },
    }),
  ],
  [
    'errors without a kind',
    'constraints that are violated',
    (pool) => ({
      query: (...given: Parameters<Query>) =>
        pool.query(...given).catch((error: Error) => {
          throw new Error(error.message);
        }),
    }),
  ],
  [
    'a value in a message',
    'no message shows a value',
    (pool) => ({
      query: (...given: Parameters<Query>) =>
        pool.query(...given).catch((error: Error) => {
          error.message += String(given[1]);
          throw error;
        }),
    }),
  ],
  [
    'a limit that is not',
    'who asks for too many rows',
    (pool) => ({
      query: (text: string, params?: readonly unknown[], options?: QueryOptions) =>
        pool.query(text, params, { ...options, maxRows: 1_000 }),
    }),
  ],
  [
    'a stream that misses its last row',
    'a stream gives every row once',
    (pool) => ({
      async *stream(...given: Parameters<SqlPool['stream']>) {
        let held: unknown;
        for await (const row of pool.stream(...given)) {
          if (held !== undefined) yield held;
          held = row;
        }
      },
    }),
  ],
  [
    'a stream that is not closed',
    'who leaves early',
    (pool) => ({
      stream: (...given: Parameters<SqlPool['stream']>) => {
        const rows = pool.stream(...given)[Symbol.asyncIterator]();
        return { [Symbol.asyncIterator]: () => ({ next: () => rows.next() }) };
      },
    }),
  ],
  [
    'an outside that is inside',
    'query, stream, use',
    (pool) => ({
      query: (...given: Parameters<Query>) =>
        pool.outside(() => pool.query(given[0], given[1], { ...given[2], timeoutMs: 50 })),
    }),
  ],
];

describe('the conformance suite sees', () => {
  it.each(FAULTS)(
    '%s',
    async (_, name, plant) => {
      const one = sqlConformance(planted(plant)).find((each) => each.name.startsWith(name))!;
      const sound = sqlConformance(memoryHarness).find((each) => each.name === one.name)!;
      expect([one.skipped, await sound.run()]).toEqual([undefined, undefined]);
      await expect(one.run()).rejects.toBeDefined();
    },
    120_000,
  );
});

/* oxlint-disable no-underscore-dangle -- mysql2's own */
import { types } from 'node:util';
import { createPool } from '@nest-pooling/mysql/mysql2-compat';
import mysql2, { type Pool, type PoolOptions } from 'mysql2';

/** What a case gets to work with: pools of one kind, closed after it. */
export class Bench {
  /** In order, everything that was noted. */
  readonly noted: unknown[] = [];
  readonly #pools: Pool[] = [];

  constructor(
    private readonly kind: 'mysql2' | 'ours' | 'ours, exact' | Pool,
    readonly url: string,
    private readonly always: PoolOptions = {},
  ) {}

  pool(options: PoolOptions = {}): Pool {
    // One that there is already.
    if (typeof this.kind !== 'string') return this.kind;
    const pool = this.#make({ uri: this.url, ...this.always, ...options });
    this.#pools.push(pool);
    return pool;
  }

  note(...what: unknown[]): void {
    this.noted.push(what.length === 1 ? what[0] : what);
  }

  /** Notes how a promise ends. */
  async outcome(name: string, promise: Promise<unknown>): Promise<void> {
    const place = this.noted.length;
    this.note(name);
    // In the place where it began: who of several is told first, nobody promises.
    try {
      this.noted[place] = [name, 'resolved', shown(await promise)];
    } catch (error) {
      this.noted[place] = [name, 'rejected', told(error)];
    }
  }

  /** What a function gives, or throws. */
  attempt(name: string, run: () => unknown): void {
    try {
      this.note(name, 'returned', shown(run()));
    } catch (error) {
      this.note(name, 'threw', told(error));
    }
  }

  async close(): Promise<void> {
    const open = this.#pools.filter((pool) => !(pool as unknown as { readonly _closed: boolean })._closed);
    await Promise.all(open.map((pool) => pool.promise().end()));
  }

  #make(options: PoolOptions): Pool {
    if (this.kind === 'mysql2') return mysql2.createPool(options);
    return createPool(this.kind === 'ours' ? options : { ...options, pooling: { onReturn: 'nothing' } });
  }
}

/** What can be compared of an error. */
export function told(error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  const { code, errno, sqlState, sqlMessage, sql, fatal } = error as Error & Record<string, unknown>;
  return {
    class: error.constructor.name,
    message: error.message.replaceAll(/:\d{4,5}\b/g, ':port'),
    ...Object.fromEntries(
      Object.entries({ code, errno, sqlState, sqlMessage, sql, fatal }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  };
}

/** What can be compared of a value. */
export function shown(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null || value instanceof Date || Buffer.isBuffer(value))
    return value;
  const kind = value.constructor?.name;
  if (kind === 'ResultSetHeader') return { kind, ...value };
  if (kind === 'ColumnDefinition') {
    const { name, columnType, table } = value as Record<string, unknown>;
    return { kind, name, columnType, table };
  }
  return value;
}

/** Lets everything happen that is under way already. */
export async function settled(times = 5): Promise<void> {
  for (let n = 0; n < times; n++) await new Promise((resolve) => setImmediate(resolve));
}

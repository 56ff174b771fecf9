import { types } from 'node:util';
import pg, { type PoolClient, type PoolConfig } from 'pg';
import { Pool as Ours } from '@nest-pooling/postgres/pg-compat';

/** A pool as both have it, so that a case cannot tell which it got. */
export type AnyPool = pg.Pool;

/** What a case gets to work with: pools of one kind, closed after it. */
export class Bench {
  /** In order, everything that was noted. */
  readonly noted: unknown[] = [];
  readonly #pools: AnyPool[] = [];

  constructor(
    private readonly kind: 'pg' | 'ours' | 'ours, exact' | AnyPool,
    readonly url: string,
  ) {}

  pool(config: PoolConfig = {}, Client?: unknown): AnyPool {
    // One that there is already.
    if (typeof this.kind !== 'string') return this.kind;
    const all = { connectionString: this.url, ...config };
    const pool = this.#make(all, Client);
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

  /** Notes every event of a pool, with what it says of its client. */
  listen(pool: AnyPool, ...but: string[]): void {
    const names = new Map<unknown, string>();
    const name = (client: unknown): string => {
      if (!names.has(client)) names.set(client, `client ${names.size + 1}`);
      return names.get(client)!;
    };
    for (const event of ['connect', 'acquire', 'remove'] as const) {
      if (!but.includes(event)) pool.on(event, (client) => this.note(event, name(client)));
    }
    for (const event of ['release', 'error'] as const) {
      if (!but.includes(event)) {
        pool.on(event, (error, client) => this.note(event, told(error), name(client)));
      }
    }
  }

  counts(pool: AnyPool): void {
    const { totalCount, idleCount, waitingCount, expiredCount } = pool;
    this.note('counts', { totalCount, idleCount, waitingCount, expiredCount });
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.filter((pool) => !pool.ending).map((pool) => pool.end()));
  }

  #make(config: PoolConfig, Client: unknown): AnyPool {
    if (this.kind === 'pg') {
      // The class that pg makes of it takes no second argument; pg-pool's own does.
      const Base = Object.getPrototypeOf(pg.Pool) as new (config: object, Client?: unknown) => AnyPool;
      return Client === undefined ? new pg.Pool(config) : new Base(config, Client);
    }
    const pooling = this.kind === 'ours' ? {} : { onReturn: 'nothing' as const };
    return new Ours({ ...config, pooling }, Client as never);
  }
}

/** What can be compared of an error. */
export function told(error: unknown): unknown {
  if (!types.isNativeError(error)) return error;
  const { code, severity, client } = error as { code?: string; severity?: string; client?: unknown };
  return {
    class: error.constructor.name,
    message: error.message.replaceAll(/:\d{4,5}\b/g, ':port'),
    ...(code && { code }),
    ...(severity && { severity }),
    ...(client !== undefined && { ofClient: client instanceof pg.Client }),
  };
}

/** What can be compared of a value. */
export function shown(value: unknown): unknown {
  if (value instanceof pg.Client) return 'a client';
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof pg.Result) {
    const { rows, rowCount, command, oid, fields } = value;
    return {
      class: 'Result',
      rows,
      rowCount,
      command,
      oid,
      fields: fields.map(({ name, dataTypeID }) => [name, dataTypeID]),
    };
  }
  return value;
}

/** Lets everything happen that is under way already. */
export async function settled(times = 5): Promise<void> {
  for (let n = 0; n < times; n++) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits for an event of a pool. */
export function once(pool: AnyPool, name: string): Promise<unknown[]> {
  return new Promise((resolve) => {
    pool.once(name, (...args: unknown[]) => resolve(args));
  });
}

/** Borrows so many. */
export function several(pool: AnyPool, count: number): Promise<PoolClient[]> {
  return Promise.all(Array.from({ length: count }, () => pool.connect()));
}

import pg from 'pg';
import { BY_ID, MAX, ONE, SLEEP, UPDATE, type Contender, type Item } from '../contender.js';

export class PgPool implements Contender {
  #pool!: pg.Pool;

  constructor(
    readonly name = 'pg.Pool',
    readonly options = `max ${MAX}, connectionTimeoutMillis 10000`,
    private readonly make = (config: pg.PoolConfig): pg.Pool => new pg.Pool(config),
  ) {}

  async open(url: string): Promise<void> {
    this.#pool = this.make({ connectionString: url, max: MAX, connectionTimeoutMillis: 10_000 });
    await this.#pool.query(ONE);
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await this.#pool.query<{ one: number }>(ONE)).rows[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    return (await this.#pool.query<Item>({ text: BY_ID, values: [id], name: 'by_id' })).rows[0];
  }

  async byIdPlain(id: number): Promise<Item | undefined> {
    return (await this.#pool.query<Item>(BY_ID, [id])).rows[0];
  }

  async borrowed(id: number): Promise<Item | undefined> {
    const client = await this.#pool.connect();
    try {
      return (await client.query<Item>({ text: BY_ID, values: [id], name: 'by_id' })).rows[0];
    } finally {
      client.release();
    }
  }

  async update(id: number): Promise<number | null> {
    return (await this.#pool.query(UPDATE, [id])).rowCount;
  }

  async transaction(id: number): Promise<Item | undefined> {
    const client = await this.#pool.connect();
    try {
      await client.query('BEGIN');
      await client.query(UPDATE, [id]);
      const { rows } = await client.query<Item>(BY_ID, [id]);
      await client.query('COMMIT');
      return rows[0];
    } finally {
      client.release();
    }
  }

  sleep(): Promise<unknown> {
    return this.#pool.query(SLEEP);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

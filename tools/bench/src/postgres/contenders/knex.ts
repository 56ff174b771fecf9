import knex, { type Knex } from 'knex';
import { MAX, type Contender, type Item } from '../contender.js';

export class KnexOnPg implements Contender {
  readonly name = 'Knex';
  readonly options = `its query builder on pg and tarn, max ${MAX}; cannot name statements`;
  #db!: Knex;

  async open(url: string): Promise<void> {
    this.#db = knex({ client: 'pg', connection: url, pool: { min: 2, max: MAX } });
    await this.one();
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await this.#db.raw<{ rows: { one: number }[] }>('SELECT 1 AS one')).rows[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    return this.#db<Item>('item').first('id', 'name', 'cents').where('id', id);
  }

  byIdPlain(id: number): Promise<Item | undefined> {
    return this.byId(id);
  }

  async update(id: number): Promise<number | null> {
    return this.#db<Item>('item').where('id', id).increment('cents', 1);
  }

  async sleep(): Promise<unknown> {
    return this.#db.raw('SELECT pg_sleep(0.1)');
  }

  close(): Promise<void> {
    return this.#db.destroy();
  }
}

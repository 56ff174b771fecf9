import postgresJs from 'postgres';
import { MAX, type Contender, type Item } from '../contender.js';

export class PostgresJs implements Contender {
  readonly name = 'postgres.js';
  readonly options = `max ${MAX}; prepares by itself, pipelines`;
  #sql!: postgresJs.Sql;

  async open(url: string): Promise<void> {
    this.#sql = postgresJs(url, { max: MAX, onnotice: () => {} });
    await this.one();
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await this.#sql<{ one: number }[]>`SELECT 1 AS one`)[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    return (await this.#sql<Item[]>`SELECT id, name, cents FROM item WHERE id = ${id}`)[0];
  }

  byIdPlain(id: number): Promise<Item | undefined> {
    return this.byId(id);
  }

  async update(id: number): Promise<number | null> {
    return (await this.#sql`UPDATE item SET cents = cents + 1 WHERE id = ${id}`).count;
  }

  async sleep(): Promise<unknown> {
    return this.#sql`SELECT pg_sleep(0.1)`;
  }

  close(): Promise<void> {
    return this.#sql.end();
  }
}

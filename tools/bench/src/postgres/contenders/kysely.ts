import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import { MAX, type Contender, type Item } from '../contender.js';

interface Tables {
  item: { id: number; name: string; cents: number };
}

export class KyselyOnPg implements Contender {
  readonly name = 'Kysely';
  readonly options = `its query builder on pg.Pool, max ${MAX}; cannot name statements`;
  #db!: Kysely<Tables>;

  async open(url: string): Promise<void> {
    const pool = new pg.Pool({ connectionString: url, max: MAX, connectionTimeoutMillis: 10_000 });
    this.#db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
    await this.one();
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await sql<{ one: number }>`SELECT 1 AS one`.execute(this.#db)).rows[0];
  }

  byId(id: number): Promise<Item | undefined> {
    return this.#db
      .selectFrom('item')
      .select(['id', 'name', 'cents'])
      .where('id', '=', id)
      .executeTakeFirst();
  }

  byIdPlain(id: number): Promise<Item | undefined> {
    return this.byId(id);
  }

  async update(id: number): Promise<number | null> {
    const changed = await this.#db
      .updateTable('item')
      .set((item) => ({ cents: item('cents', '+', 1) }))
      .where('id', '=', id)
      .executeTakeFirst();
    return Number(changed.numUpdatedRows);
  }

  async sleep(): Promise<unknown> {
    return sql`SELECT pg_sleep(0.1)`.execute(this.#db);
  }

  close(): Promise<void> {
    return this.#db.destroy();
  }
}

import { eq } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { integer, pgTable, text, withReplicas } from 'drizzle-orm/pg-core';
import { MAX, READ_DEADLINE_MS, type Answer, type Contender, type Urls } from '../frame/contender.js';

const item = pgTable('item', { id: integer('id').primaryKey(), value: text('value').notNull() });
const written = pgTable('written', { id: integer('id').primaryKey() });

/** `withReplicas` over pools of pg. */
export class Drizzle implements Contender {
  readonly name = 'Drizzle';
  #clients!: readonly { end(): Promise<void> }[];
  #db!: Pick<NodePgDatabase, 'select' | 'insert'>;

  async open(urls: Urls): Promise<void> {
    const [primary, first, ...others] = [urls.primary, ...urls.replicas].map((connectionString) => {
      const db = drizzle({
        connection: {
          connectionString,
          max: MAX,
          connectionTimeoutMillis: READ_DEADLINE_MS,
          query_timeout: READ_DEADLINE_MS,
        },
      });
      // Without it the process ends with the server.
      db.$client.on('error', () => undefined);
      return db;
    });
    this.#clients = [primary!, first!, ...others].map(({ $client }) => $client);
    this.#db = withReplicas(primary!, [first!, ...others]);
    await this.read(1);
  }

  async read(id: number): Promise<Answer> {
    const rows = await this.#db.select().from(item).where(eq(item.id, id));
    return { value: rows[0]?.value };
  }

  async write(id: number): Promise<void> {
    await this.#db.insert(written).values({ id });
  }

  async pair(id: number): Promise<Answer> {
    await this.write(id);
    const rows = await this.#db.select().from(written).where(eq(written.id, id));
    return { value: rows[0]?.id.toString() };
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.end()));
  }
}

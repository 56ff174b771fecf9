import { QueryTypes, Sequelize } from 'sequelize';
import { MAX, READ_DEADLINE_MS, type Answer, type Contender, type Urls } from '../frame/contender.js';

/** `replication` with a write and read servers. */
export class Sequelize6 implements Contender {
  readonly name = 'Sequelize';
  #sequelize!: Sequelize;

  async open(urls: Urls): Promise<void> {
    this.#sequelize = new Sequelize({
      dialect: 'postgres',
      logging: false,
      pool: { max: MAX, acquire: READ_DEADLINE_MS },
      dialectOptions: { query_timeout: READ_DEADLINE_MS, connectionTimeoutMillis: READ_DEADLINE_MS },
      replication: { write: placeOf(urls.primary), read: urls.replicas.map(placeOf) },
    });
    await this.#sequelize.authenticate();
  }

  async read(id: number): Promise<Answer> {
    const rows = await this.#sequelize.query<{ value: string }>('SELECT value FROM item WHERE id = $1', {
      bind: [id],
      type: QueryTypes.SELECT,
    });
    return { value: rows[0]?.value };
  }

  async write(id: number): Promise<void> {
    await this.#sequelize.query('INSERT INTO written VALUES ($1)', { bind: [id], type: QueryTypes.INSERT });
  }

  async pair(id: number): Promise<Answer> {
    await this.write(id);
    const text = 'SELECT id::text AS value FROM written WHERE id = $1';
    const rows = await this.#sequelize.query<{ value: string }>(text, {
      bind: [id],
      type: QueryTypes.SELECT,
    });
    return { value: rows[0]?.value };
  }

  close(): Promise<void> {
    return this.#sequelize.close();
  }
}

function placeOf(text: string): { host: string; port: string; username: string; database: string } {
  const { hostname: host, port, username, pathname } = new URL(text);
  return { host, port, username, database: pathname.slice(1) };
}

import { createPool, type Pool, type UpsertResult } from 'mariadb';
import { MAX, type Contender, type Item } from '../../postgres/contender.js';
import { BY_ID, ONE, SLEEP, UPDATE } from '../statements.js';

/** The connector of MariaDB. */
export class MariadbConnector implements Contender {
  readonly name = 'mariadb';
  readonly options = `mariadb createPool, connectionLimit ${MAX}; execute where it is prepared`;
  #pool!: Pool;

  async open(url: string): Promise<void> {
    const { hostname, port, username, password, pathname } = new URL(url);
    this.#pool = createPool({
      host: hostname,
      port: Number(port),
      user: username,
      password: decodeURIComponent(password),
      database: pathname.slice(1),
      connectionLimit: MAX,
    });
    await this.#pool.query(ONE);
  }

  async one(): Promise<{ one: number } | undefined> {
    const rows = await this.#pool.query<{ one: number }[]>(ONE);
    return rows[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    const rows = await this.#pool.execute<Item[]>(BY_ID, [id]);
    return rows[0];
  }

  async byIdPlain(id: number): Promise<Item | undefined> {
    const rows = await this.#pool.query<Item[]>(BY_ID, [id]);
    return rows[0];
  }

  async borrowed(id: number): Promise<Item | undefined> {
    const connection = await this.#pool.getConnection();
    try {
      const rows = await connection.execute<Item[]>(BY_ID, [id]);
      return rows[0];
    } finally {
      await connection.release();
    }
  }

  async update(id: number): Promise<number | null> {
    const { affectedRows } = await this.#pool.execute<UpsertResult>(UPDATE, [id]);
    return affectedRows;
  }

  sleep(): Promise<unknown> {
    return this.#pool.query(SLEEP);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

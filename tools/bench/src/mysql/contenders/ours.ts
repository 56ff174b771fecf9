import { systemEnv } from '@nest-pooling/core';
import { mysql } from '@nest-pooling/mysql';
import type { SqlPool } from '@nest-pooling/sql';
import { MAX, type Contender, type Item } from '../../postgres/contender.js';
import { BY_ID, ONE, SLEEP, UPDATE } from '../statements.js';

/** Ours, as it comes. */
export class OurMysql implements Contender {
  readonly name = 'ours';
  readonly options = `mysql({ pool: { max: ${MAX} } })`;
  #pool!: SqlPool & { close(): Promise<void> };

  async open(url: string): Promise<void> {
    const opened = mysql({ primary: { url }, pool: { max: MAX } }).open('bench', systemEnv);
    this.#pool = opened as unknown as SqlPool & { close(): Promise<void> };
    await opened.start();
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await this.#pool.query<{ one: number }>(ONE)).rows[0];
  }

  /** There is one way: parameters are prepared. */
  byId(id: number): Promise<Item | undefined> {
    return this.byIdPlain(id);
  }

  async byIdPlain(id: number): Promise<Item | undefined> {
    return (await this.#pool.query<Item>(BY_ID, [id])).rows[0];
  }

  async borrowed(id: number): Promise<Item | undefined> {
    return (await this.#pool.use((connection) => connection.query<Item>(BY_ID, [id]))).rows[0];
  }

  async update(id: number): Promise<number | null> {
    return (await this.#pool.query(UPDATE, [id])).rowCount;
  }

  sleep(): Promise<unknown> {
    return this.#pool.query(SLEEP);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

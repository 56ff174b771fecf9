import { systemEnv } from '@nest-pooling/core';
import { postgres } from '@nest-pooling/postgres';
import type { SqlPool } from '@nest-pooling/sql';
import { BY_ID, MAX, ONE, SLEEP, UPDATE, type Contender, type Item } from '../contender.js';

const NAMED = { name: 'by_id' };

/** Ours, as it comes; and with the sharing of sessions switched off. */
export class Ours implements Contender {
  readonly name: string;
  readonly options: string;
  #pool!: SqlPool & { close(): Promise<void> };

  constructor(private readonly multiplex = true) {
    this.name = multiplex ? 'ours' : 'ours, not multiplexed';
    this.options = `postgres({ pool: { max: ${MAX} }${multiplex ? '' : ', multiplex: false'} })`;
  }

  async open(url: string): Promise<void> {
    const opened = postgres({
      primary: { url },
      pool: { max: MAX },
      multiplex: this.multiplex,
    }).open('bench', systemEnv);
    this.#pool = opened as unknown as SqlPool & { close(): Promise<void> };
    await opened.start();
  }

  async one(): Promise<{ one: number } | undefined> {
    return (await this.#pool.query<{ one: number }>(ONE)).rows[0];
  }

  async byId(id: number): Promise<Item | undefined> {
    return (await this.#pool.query<Item>(BY_ID, [id], NAMED)).rows[0];
  }

  async byIdPlain(id: number): Promise<Item | undefined> {
    return (await this.#pool.query<Item>(BY_ID, [id])).rows[0];
  }

  async borrowed(id: number): Promise<Item | undefined> {
    return (await this.#pool.use((connection) => connection.query<Item>(BY_ID, [id], NAMED))).rows[0];
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
